/** Fakes on a port of this machine. @module */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { toWebRequest, writeWebResponse } from '@mcp-auth/core/node'

/** A fake that listens. */
export interface LoopbackServer {
  readonly origin: string
  /** Breaks every connection and frees the port. */
  close(): Promise<void>
}

/**
 * Serves a fake on loopback.
 * @param create makes the fake, which may want to know where it is; an answer that rejects breaks the connection
 * @param port default: any that is free
 */
export async function serveLoopback<Fake extends { fetch(request: Request): Promise<Response> }>(
  create: (origin: string) => Fake,
  port = 0,
): Promise<LoopbackServer & { readonly fake: Fake }> {
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      await writeWebResponse(request, response, await fake.fetch(toWebRequest(request, origin, request.url ?? '/')))
    } catch {
      response.destroy()
    }
  }
  const server = createServer((request, response) => void serve(request, response))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('the server has no port')
  const origin = `http://127.0.0.1:${address.port}`
  const fake = create(origin)
  return {
    origin,
    fake,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
