/** The fake Discord on a port of this machine: login and bot API in one. @module */
import { serveLoopback } from '@mcp-auth/example-kit'
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

/** What the fake is and where. */
export interface StartOptions extends FakeDiscordToolsOptions {
  /** Default: any that is free. */
  readonly port?: number
}

/** Starts the fake. Its login page asks who you want to be, there are no passwords; a test turns that off by `login`. */
export async function startFakeDiscordTools({ port, ...options }: StartOptions = {}): Promise<RunningFakeDiscordTools> {
  const server = await serveLoopback(
    () => createFakeDiscordTools({ ...options, login: { interactive: true, ...options.login } }),
    port,
  )
  const { fake, origin } = server
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
      await server.close()
    },
  }
}
