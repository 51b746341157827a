/** The fake Discord on a port of this machine: login and bot API in one. @module */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { toWebRequest, writeWebResponse } from '@mcp-auth/core/node'
import { createFakeDiscordTools, type FakeDiscordTools, type FakeDiscordToolsOptions } from './fake-discord-bot.ts'

/** Where the fake is, the one application it knows, and its bot. */
export interface RunningFakeDiscordTools {
  readonly origin: string
  /** Base of the API, as `DISCORD_API_URL` has it. */
  readonly apiUrl: string
  /** As `DISCORD_AUTHORIZE_URL` has it. */
  readonly authorizeUrl: string
  readonly clientId: string
  readonly clientSecret: string
  readonly botToken: string
  readonly fake: FakeDiscordTools
  /** Lets go of what hangs, breaks every connection and frees the port. */
  close(): Promise<void>
}

/** Starts the fake. Its login page asks who you want to be, there are no passwords; a test turns that off by `login`. */
export async function startFakeDiscordTools(options: FakeDiscordToolsOptions = {}): Promise<RunningFakeDiscordTools> {
  const fake = createFakeDiscordTools({ ...options, login: { interactive: true, ...options.login } })
  let origin = ''
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      await writeWebResponse(request, response, await fake.fetch(toWebRequest(request, origin, request.url ?? '/')))
    } catch {
      // Also how a connection breaks on purpose.
      response.destroy()
    }
  }
  const server = createServer((request, response) => void serve(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('the fake Discord has no port')
  origin = `http://127.0.0.1:${address.port}`
  return {
    origin,
    apiUrl: `${origin}/api/v10`,
    authorizeUrl: `${origin}/oauth2/authorize`,
    clientId: fake.clientId,
    clientSecret: fake.clientSecret,
    botToken: fake.botToken,
    fake,
    close: async () => {
      fake.faults.release()
      fake.login.release()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
