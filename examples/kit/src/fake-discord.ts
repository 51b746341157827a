/** A Discord to try things out with, on a port of this machine. @module */
import { createFakeDiscord } from '@mcp-auth/provider-discord/mocks'
import { serveLoopback } from './serve-loopback.ts'

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
  const { fake, origin } = await serveLoopback(() =>
    createFakeDiscord({ settings: { interactive: true }, record: false }),
  )
  const { clientId, clientSecret } = fake
  return { origin, apiUrl: `${origin}/api/v10`, authorizeUrl: `${origin}/oauth2/authorize`, clientId, clientSecret }
}
