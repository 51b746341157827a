/** The fake behind Mock Service Worker. @module */
import type { RequestHandler } from 'msw'
import { http } from 'msw/http'
import type { FakeDiscord } from './fake-discord.ts'

/**
 * Handlers that answer every request to `discord.com` from the fake, for `setupServer` and `setupWorker`.
 * @see [msw](https://mswjs.io/docs/api/setup-server)
 * @example
 * const fake = createFakeDiscord()
 * const server = setupServer(...discordHandlers(fake))
 * server.listen({ onUnhandledFrame: 'error' })
 */
export function discordHandlers(fake: FakeDiscord): RequestHandler[] {
  return ['api', 'oauth2', '.well-known'].map((folder) =>
    http.all(`https://discord.com/${folder}/*`, ({ request }) => fake.fetch(request)),
  )
}
