/** The fake behind Mock Service Worker. @module */
import type { RequestHandler } from 'msw'
import { http } from 'msw/http'
import type { FakeDescope } from './fake-descope.ts'

/**
 * Handlers that answer every request to the fake's host from the fake, for `setupServer` and `setupWorker`.
 * @see [msw](https://mswjs.io/docs/api/setup-server)
 * @example
 * const fake = createFakeDescope()
 * const server = setupServer(...descopeHandlers(fake))
 * server.listen({ onUnhandledFrame: 'error' })
 */
export function descopeHandlers(fake: FakeDescope): RequestHandler[] {
  return [http.all(`${fake.baseUrl}/*`, ({ request }) => fake.fetch(request))]
}
