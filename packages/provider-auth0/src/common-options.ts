/** Options that both faces of Auth0 share, and the checks on them. @module */
import { ConfigurationError } from '@mcp-auth/core'

/** What tokens must say, and what they mean. */
export interface Auth0ClaimOptions {
  /** Tenant domain or custom domain: `my-tenant.eu.auth0.com`. */
  readonly domain: string
  /** Only members of this organization, `org_…`: tokens must name it. */
  readonly organization?: string | undefined
  /** Claim that an Action of yours fills with roles: `https://my-server.example/roles`. Default: none. */
  readonly rolesClaim?: string | undefined
  /** What `permissions` are, which Auth0 writes into access tokens of APIs with RBAC; `scopes` only for `remoteAuth0()`. Default: `ignore`. */
  readonly permissions?: 'scopes' | 'roles' | 'ignore' | undefined
}

/** {@link Auth0ClaimOptions} after the checks. */
export interface ParsedClaimOptions {
  readonly organization: string | undefined
  readonly rolesClaim: string | undefined
  readonly permissions: 'scopes' | 'roles' | 'ignore'
}

/** Claims that mean something else. */
const standardClaims = /^(?:iss|sub|aud|exp|nbf|iat|jti|azp|nonce|scope|permissions|org_id|org_name|email|name|gty)$/

/** @throws {ConfigurationError} */
export function parseClaimOptions({
  organization,
  rolesClaim,
  permissions = 'ignore',
}: Omit<Auth0ClaimOptions, 'domain'>): ParsedClaimOptions {
  if (organization !== undefined && (typeof organization !== 'string' || !/^org_[A-Za-z\d]+$/.test(organization))) {
    throw new ConfigurationError('organization', 'must be the id of an organization, org_…: names can change')
  }
  if (
    rolesClaim !== undefined &&
    (typeof rolesClaim !== 'string' || rolesClaim === '' || standardClaims.test(rolesClaim))
  ) {
    throw new ConfigurationError('rolesClaim', "must be a claim of your own, such as 'https://my-server.example/roles'")
  }
  if (!['scopes', 'roles', 'ignore'].includes(permissions)) {
    throw new ConfigurationError('permissions', "must be 'scopes', 'roles' or 'ignore'")
  }
  return { organization, rolesClaim, permissions }
}

/**
 * Checks a list of scopes and drops repetitions.
 * @throws {ConfigurationError}
 */
export function parseScopes(option: string, scopes: readonly string[]): readonly string[] {
  const list: unknown = scopes
  if (!Array.isArray(list)) throw new ConfigurationError(option, "must be a list, such as ['openid', 'read:notes']")
  const odd = scopes.find((scope) => typeof scope !== 'string' || !/^[!#-[\]-~]+$/.test(scope))
  if (odd !== undefined) throw new ConfigurationError(option, `${JSON.stringify(odd)} is not a scope`)
  return Object.freeze([...new Set(scopes)])
}

/** @throws {ConfigurationError} */
export function parseText(option: string, value: string | undefined, what: string): string | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '' && !/\s/.test(value))) return value
  throw new ConfigurationError(option, `must be ${what}, without spaces`)
}
