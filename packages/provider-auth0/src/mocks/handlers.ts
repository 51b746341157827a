/** The fake behind Mock Service Worker. @module */
import { idpHandlers } from '@mcp-auth/core/mocks'
import type { RequestHandler } from 'msw'
import type { FakeAuth0 } from './fake-auth0.ts'

/**
 * Handlers that answer every request to the domain from the fake, for `setupServer` and `setupWorker`.
 * @see [msw](https://mswjs.io/docs/api/setup-server)
 * @example
 * const fake = createFakeAuth0()
 * const server = setupServer(...auth0Handlers(fake))
 * server.listen({ onUnhandledFrame: 'error' })
 */
export function auth0Handlers(fake: FakeAuth0): RequestHandler[] {
  return idpHandlers(fake)
}
