/** A Descope project to try things out with, on a port of this machine. @module */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { toWebRequest, writeWebResponse } from '@mcp-auth/core/node'
import { createFakeDescope, type FakeDescope, type FakeDescopeOptions } from '@mcp-auth/provider-descope/mocks'

/** The fake, and how to end it. */
export interface RunningFakeDescope {
  readonly fake: FakeDescope
  readonly close: () => void
}

/** Starts the fake. Unless told otherwise its login page asks who you want to be; there are no passwords. */
export async function startFakeDescope(
  options: Omit<FakeDescopeOptions, 'baseUrl'> = { settings: { interactive: true }, record: false },
): Promise<RunningFakeDescope> {
  let fake: FakeDescope | undefined
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      if (!fake) throw new TypeError('the fake Descope is not there yet')
      await writeWebResponse(
        request,
        response,
        await fake.fetch(toWebRequest(request, fake.baseUrl, request.url ?? '/')),
      )
    } catch {
      response.destroy()
    }
  }
  const server = createServer((request, response) => void serve(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('the fake Descope has no port')
  fake = createFakeDescope({ ...options, baseUrl: `http://127.0.0.1:${address.port}` })
  return {
    fake,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
