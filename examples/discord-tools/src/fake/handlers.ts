/** The fake behind Mock Service Worker, for tests that mock at the edge of the network. @module */
import { HttpResponse, type RequestHandler } from 'msw'
import { http } from 'msw/http'
import type { FakeDiscordTools } from './fake-discord-bot.ts'

/**
 * Handlers that answer every request to `discord.com` from the fake, login and bot API.
 * @see [msw](https://mswjs.io/docs/api/setup-server)
 * @example
 * const fake = createFakeDiscordTools()
 * const server = setupServer(...discordToolsHandlers(fake))
 * server.listen({ onUnhandledFrame: 'error' })
 */
export function discordToolsHandlers(fake: FakeDiscordTools): RequestHandler[] {
  return ['api', 'oauth2', '.well-known'].map((folder) =>
    http.all(`https://discord.com/${folder}/*`, async ({ request }) => {
      try {
        return await fake.fetch(request)
      } catch (error) {
        if (error instanceof TypeError) return HttpResponse.error()
        throw error
      }
    }),
  )
}
