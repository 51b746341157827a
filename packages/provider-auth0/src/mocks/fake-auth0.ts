/** Auth0 with a memory. @module */
import { createFakeIdP, type FakeIdP, type FakeIdPOptions } from '@mcp-auth/core/mocks'
import { auth0Profile } from './profile.ts'

/** Options of {@link createFakeAuth0}. */
export interface FakeAuth0Options extends Omit<FakeIdPOptions, 'issuer' | 'profile'> {
  /** Default: `tenant.eu.auth0.com`. */
  readonly domain?: string
  /** "Refresh Token Rotation" of the application. Default `true`. */
  readonly rotation?: boolean
  /** "Refresh Token Revocation Deletes Grant" of the tenant. Default `false`. */
  readonly revocationDeletesGrant?: boolean
}

/** Auth0 and its controls. */
export interface FakeAuth0 extends FakeIdP {
  readonly domain: string
}

/**
 * Creates a fake Auth0: access tokens are opaque without an audience, refresh tokens rotate or not, and refusals look
 * as Auth0 writes them.
 * @example
 * const fake = createFakeAuth0({ rotation: false })
 * fake.fail('refresh', '503', 1)
 */
export function createFakeAuth0(options: FakeAuth0Options = {}): FakeAuth0 {
  const { domain = 'tenant.eu.auth0.com', rotation = true, revocationDeletesGrant = false, ...rest } = options
  const now = options.now ?? (() => Date.now() / 1000)
  const profile = auth0Profile({ domain, rotation, revocationDeletesGrant, now })
  return { ...createFakeIdP({ ...rest, now, profile }), domain }
}
