/** A fake identity provider behind Mock Service Worker. @module */
import type { RequestHandler } from 'msw'
import { http } from 'msw/http'
import type { FakeIdP } from './fake-idp.ts'

/**
 * Handlers that answer every request to the origins of the fake, for `setupServer` and `setupWorker`.
 * @see [msw](https://mswjs.io/docs/api/setup-server)
 * @example
 * const fake = createFakeIdP()
 * const server = setupServer(...idpHandlers(fake))
 * server.listen({ onUnhandledFrame: 'error' })
 */
export function idpHandlers(fake: Pick<FakeIdP, 'fetch' | 'origins'>): RequestHandler[] {
  return fake.origins.map((origin) => http.all(`${origin}/*`, ({ request }) => fake.fetch(request)))
}
