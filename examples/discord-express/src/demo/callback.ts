/** Where the client waits for the person to come back: a page on a port of this machine. @module */
import { once } from 'node:events'
import { createServer } from 'node:http'

/** The page. */
export interface Callback {
  readonly redirectURI: string
  /** The parameters the person's browser brings, once it comes. */
  readonly parameters: Promise<URLSearchParams>
  close(): void
}

/** Opens the page. */
export async function openCallback(): Promise<Callback> {
  let arrived: (parameters: URLSearchParams) => void = () => {}
  const parameters = new Promise<URLSearchParams>((resolve) => {
    arrived = resolve
  })
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1')
    if (pathname !== '/callback') return void response.writeHead(404).end()
    response
      .writeHead(200, { 'content-type': 'text/plain', connection: 'close' })
      .end('Done. You can close this page.\n')
    arrived(searchParams)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    redirectURI: `http://127.0.0.1:${port}/callback`,
    parameters,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
