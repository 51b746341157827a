/** Tenants of Entra ID: which ones may sign in, and how their tokens name them. @module */
import { ConfigurationError } from '@mcp-auth/core'

/** Whose accounts may sign in. */
export interface EntraTenantOptions {
  /**
   * Directory (tenant) ID, or a domain verified in it, such as `contoso.onmicrosoft.com`. `organizations`, `common` and
   * `consumers` admit accounts of many tenants, and need {@link allowedTenants}.
   */
  readonly tenant: string
  /** Directory (tenant) IDs that may sign in, with a `tenant` that admits many. */
  readonly allowedTenants?: readonly string[] | undefined
  /**
   * Admits every account of Microsoft's cloud: anybody can have one, so that a sign-in proves nothing but who it is.
   * Default: `false`.
   */
  readonly dangerouslyAllowAnyTenant?: boolean | undefined
  /** Origin of a national cloud, such as `https://login.microsoftonline.us`. Default: `https://login.microsoftonline.com`. */
  readonly authority?: string | undefined
}

/** {@link EntraTenantOptions} after the checks. */
export interface EntraTenants {
  /** Origin, without a slash at the end. */
  readonly authority: string
  /** The tenant as addresses name it. */
  readonly tenant: string
  /** `one`: its id is known; `domain`: its id is published under its domain; `many`: {@link allows} judges. */
  readonly kind: 'one' | 'domain' | 'many'
  /** Whether a tenant may sign in, by its id. With `domain` the issuer decides instead. */
  readonly allows: (tenantId: string) => boolean
}

/** Of the global cloud. */
const globalAuthority = 'https://login.microsoftonline.com'

/**
 * Who issues tokens of version 1 where it is not the global cloud's `https://sts.windows.net`, which the United States
 * Government cloud shares.
 */
const v1Authorities: Readonly<Record<string, string>> = {
  'https://login.partner.microsoftonline.cn': 'https://sts.chinacloudapi.cn',
  'https://login.chinacloudapi.cn': 'https://sts.chinacloudapi.cn',
}

const guid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i
const domain = /^(?=.{4,253}$)(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z][a-z\d-]*[a-z\d]$/i
const manyTenants: readonly string[] = ['organizations', 'common', 'consumers']

/** Whether a value is a GUID, the form of every id at Entra. */
export function isGUID(value: unknown): value is string {
  return typeof value === 'string' && guid.test(value)
}

/** `iss` of a tenant's tokens of version 2, [ID token claims](https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference). */
export function issuerV2({ authority }: Pick<EntraTenants, 'authority'>, tenantId: string): string {
  return `${authority}/${tenantId}/v2.0`
}

/** `iss` of a tenant's tokens of version 1, [access token claims](https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference). */
export function issuerV1({ authority }: Pick<EntraTenants, 'authority'>, tenantId: string): string {
  const host = Object.hasOwn(v1Authorities, authority) ? v1Authorities[authority] : undefined
  return `${host ?? 'https://sts.windows.net'}/${tenantId}/`
}

/** The issuer under whose address the tenant publishes its metadata; what the document calls it is another matter. */
export function publishedIssuer(tenants: EntraTenants): string {
  return issuerV2(tenants, tenants.tenant)
}

/** Whether a text is the issuer of some tenant, as the metadata of a domain name it. */
export function isIssuerOfATenant(tenants: Pick<EntraTenants, 'authority'>, issuer: string): boolean {
  const tenantId = issuer.slice(tenants.authority.length + 1, -'/v2.0'.length)
  return isGUID(tenantId) && issuer === issuerV2(tenants, tenantId)
}

/**
 * Checks the options once, at start.
 * @throws {ConfigurationError}
 */
export function parseTenants(options: EntraTenantOptions): EntraTenants {
  const { tenant, allowedTenants, dangerouslyAllowAnyTenant = false } = options
  const authority = parseAuthority(options.authority ?? globalAuthority)
  if (typeof dangerouslyAllowAnyTenant !== 'boolean') {
    throw new ConfigurationError('dangerouslyAllowAnyTenant', 'must be true or false')
  }
  if (manyTenants.includes(tenant)) {
    return { authority, tenant, kind: 'many', allows: parseAllowed(tenant, allowedTenants, dangerouslyAllowAnyTenant) }
  }
  if (allowedTenants !== undefined || dangerouslyAllowAnyTenant) {
    const option = allowedTenants === undefined ? 'dangerouslyAllowAnyTenant' : 'allowedTenants'
    throw new ConfigurationError(option, "is for tenant 'organizations', 'common' or 'consumers'; one tenant is exact")
  }
  if (isGUID(tenant)) {
    const tenantId = tenant.toLowerCase()
    return { authority, tenant: tenantId, kind: 'one', allows: (other) => other.toLowerCase() === tenantId }
  }
  if (typeof tenant === 'string' && domain.test(tenant))
    return { authority, tenant, kind: 'domain', allows: () => true }
  throw new ConfigurationError(
    'tenant',
    'must be the Directory (tenant) ID, a GUID, or a domain verified in the tenant',
  )
}

function parseAllowed(
  tenant: string,
  allowedTenants: readonly string[] | undefined,
  isAnyAllowed: boolean,
): EntraTenants['allows'] {
  if (isAnyAllowed && allowedTenants === undefined) return () => true
  if (isAnyAllowed) throw new ConfigurationError('allowedTenants', 'and dangerouslyAllowAnyTenant exclude each other')
  if (!Array.isArray(allowedTenants) || allowedTenants.length === 0 || !allowedTenants.every(isGUID)) {
    throw new ConfigurationError(
      'allowedTenants',
      `must list the Directory (tenant) IDs that may sign in: with tenant '${tenant}' anybody's tenant could`,
    )
  }
  const allowed = new Set(allowedTenants.map((one) => one.toLowerCase()))
  return (tenantId) => allowed.has(tenantId.toLowerCase())
}

function parseAuthority(value: string): string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  if (!url || url.origin !== value.replace(/\/$/, '').toLowerCase()) {
    throw new ConfigurationError('authority', `must be an origin without a path, such as ${globalAuthority}`)
  }
  const isLoopback = url.hostname === 'localhost' || url.hostname === '127.0.0.1' || url.hostname === '[::1]'
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback)) {
    throw new ConfigurationError('authority', 'must begin with https://; http:// is for a loopback address only')
  }
  if (/(?:^|\.)(?:ciamlogin|b2clogin)\.com$/.test(url.hostname)) {
    throw new ConfigurationError(
      'authority',
      'is one of External ID or Azure AD B2C, whose issuers are others; use the generic OpenID Connect provider',
    )
  }
  return url.origin
}
