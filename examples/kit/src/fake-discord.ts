/** A Discord to try things out with, on a port of this machine. @module */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { toWebRequest, writeWebResponse } from '@mcp-auth/core/node'
import { createFakeDiscord } from '@mcp-auth/provider-discord/mocks'

/** Where the fake is, and the one application it knows. */
export interface RunningFakeDiscord {
  readonly origin: string
  readonly apiUrl: string
  readonly authorizeUrl: string
  readonly clientId: string
  readonly clientSecret: string
}

/** Starts the fake. Its login page asks who you want to be; there are no passwords. */
export async function startFakeDiscord(): Promise<RunningFakeDiscord> {
  const fake = createFakeDiscord({ settings: { interactive: true }, record: false })
  let origin = ''
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      await writeWebResponse(request, response, await fake.fetch(toWebRequest(request, origin, request.url ?? '/')))
    } catch {
      response.destroy()
    }
  }
  const server = createServer((request, response) => void serve(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('the fake Discord has no port')
  origin = `http://127.0.0.1:${address.port}`
  const { clientId, clientSecret } = fake
  return { origin, apiUrl: `${origin}/api/v10`, authorizeUrl: `${origin}/oauth2/authorize`, clientId, clientSecret }
}
