/** The fake behind Mock Service Worker. @module */
import { idpHandlers } from '@mcp-auth/core/mocks'
import type { RequestHandler } from 'msw'
import type { FakeEntra } from './fake-entra.ts'

/**
 * Handlers that answer every request to Entra's origin and to Microsoft Graph from the fake.
 * @see [msw](https://mswjs.io/docs/api/setup-server)
 * @example
 * const fake = createFakeEntra()
 * const server = setupServer(...entraHandlers(fake))
 * server.listen({ onUnhandledFrame: 'error' })
 */
export function entraHandlers(fake: FakeEntra): RequestHandler[] {
  return idpHandlers(fake)
}
