/** Entra ID with a memory. @module */
import { createFakeIdP, type FakeIdP, type FakeIdPOptions } from '@mcp-auth/core/mocks'
import { entraProfile } from './profile.ts'
import { fakeTenantId } from './users.ts'

/** Options of {@link createFakeEntra}. */
export interface FakeEntraOptions extends Omit<FakeIdPOptions, 'issuer' | 'profile'> {
  /** Default: {@link fakeTenantId}. */
  readonly tenantId?: string
  /** Default: `https://login.microsoftonline.com`. */
  readonly authority?: string
  /** Default: `api://` and the client id. */
  readonly applicationIdUri?: string
  /** Version of access tokens for the application's own API. Default 2. */
  readonly accessTokenVersion?: 1 | 2
}

/** Entra and its controls. */
export interface FakeEntra extends FakeIdP {
  readonly tenantId: string
  readonly applicationIdUri: string
}

/**
 * Creates a fake Entra, which answers for every name of its tenant: it refuses `resource`, scopes of two resources and
 * a refresh without scope, names only the resource's scopes in its answers, and signs by tenant and version.
 * @example
 * const fake = createFakeEntra({ accessTokenVersion: 1 })
 * fake.fail('refresh', '503', 1)
 */
export function createFakeEntra(options: FakeEntraOptions = {}): FakeEntra {
  const {
    tenantId = fakeTenantId,
    authority = 'https://login.microsoftonline.com',
    clientId = '11111111-2222-4333-8444-555555555555',
    applicationIdUri = `api://${clientId}`,
    accessTokenVersion = 2,
    ...rest
  } = options
  const profile = entraProfile({ authority, applicationIdUri, accessTokenVersion }, tenantId)
  return { ...createFakeIdP({ ...rest, clientId, profile }), tenantId, applicationIdUri }
}
