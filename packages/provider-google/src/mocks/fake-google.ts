/** A Google with a memory, as one function from request to response. @module */
import { createFakeIdP, type FakeIdP, type FakeIdPOptions, idpHandlers } from '@mcp-auth/core/mocks'
import type { RequestHandler } from 'msw'
import { googleProfile } from './profile.ts'

/** Options of {@link createFakeGoogle}. */
export type FakeGoogleOptions = Omit<FakeIdPOptions, 'issuer' | 'profile'>

/** The fake and its controls. Endpoints by name: `authorize`, `token`, `refresh`, `revoke`, `userinfo`, `jwks`, `metadata`. */
export type FakeGoogle = FakeIdP

/**
 * Creates a fake Google that behaves like the real one where it matters: a refresh token comes with `access_type=offline`
 * and `prompt=consent` and works many times, scopes come back as URIs, the `id_token` is signed with RS256 and shows
 * what the scopes allow, unknown parameters are refused.
 * @see [OpenID Connect at Google](https://developers.google.com/identity/openid-connect/openid-connect)
 * @example
 * const fake = createFakeGoogle()
 * fake.fail('refresh', '503', 1)
 */
export function createFakeGoogle(options: FakeGoogleOptions = {}): FakeGoogle {
  return createFakeIdP({ ...options, profile: googleProfile })
}

/**
 * Handlers that answer every request to Google's sign-in hosts from the fake, for `setupServer` and `setupWorker`.
 * @see [msw](https://mswjs.io/docs/api/setup-server)
 * @example
 * const fake = createFakeGoogle()
 * const server = setupServer(...googleHandlers(fake))
 * server.listen({ onUnhandledFrame: 'error' })
 */
export function googleHandlers(fake: FakeGoogle): RequestHandler[] {
  return idpHandlers(fake)
}
