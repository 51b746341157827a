/** Microsoft Entra ID as the identity provider of an OAuth proxy. @module */
import type { OAuthProxyProvider, ProviderDescription, UpstreamDiscovery, UpstreamEndpoints } from '@mcp-auth/core'
import { classifyEntraError } from './errors.ts'
import { identifyEntraUser } from './identity.ts'
import { type EntraOptions, parseEntraOptions } from './options.ts'
import { type EntraTenants, isIssuerOfATenant, issuerV2, publishedIssuer } from './tenants.ts'

/**
 * Signs users in with Microsoft Entra ID, formerly Azure Active Directory.
 * @throws {ConfigurationError} for options that cannot work
 * @see [Authorization code flow](https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow)
 * @example
 * const provider = entra({ tenant: 'contoso.onmicrosoft.com', clientId, clientSecret, scopes: ['mcp.read'] })
 */
export function entra(options: EntraOptions): OAuthProxyProvider {
  const parsed = parseEntraOptions(options)
  const endpoints = buildEntraEndpoints(parsed)
  const description: ProviderDescription = {
    name: 'entra',
    displayName: 'Microsoft',
    clientId: parsed.clientId,
    clientSecret: parsed.clientSecret,
    // The way in which Microsoft's own documents and libraries send it.
    tokenEndpointAuthMethod: 'client_secret_post',
    scopes: parsed.scopes,
    supportedScopes: parsed.supportedScopes,
    identityScopes: parsed.identityScopes,
    scopeDescriptions: parsed.scopeDescriptions,
    toUpstreamScope: parsed.toUpstreamScope,
    fromUpstreamScope: parsed.fromUpstreamScope,
    readGrantedScopes: parsed.readGrantedScopes,
    authorizationParameters: parsed.authorizationParameters,
    // Without it Entra takes the request for one of the application to itself (AADSTS90009).
    refreshSendsScope: true,
    usesNonce: true,
    identify: (tokens, api) => identifyEntraUser(parsed, tokens, api),
    classifyError: classifyEntraError,
  }
  if (parsed.kind !== 'domain') return Object.freeze({ ...description, ...endpoints })
  return Object.freeze({
    ...description,
    discover: async (discovery: UpstreamDiscovery) => ({
      ...endpoints,
      issuer: await discoverIssuer(parsed, discovery),
    }),
  })
}

/** Fixed for every tenant, which is why nothing is fetched to know them. There is no revocation endpoint. */
function buildEntraEndpoints(tenants: EntraTenants): UpstreamEndpoints {
  const base = `${tenants.authority}/${tenants.tenant}`
  return {
    authorizationEndpoint: `${base}/oauth2/v2.0/authorize`,
    tokenEndpoint: `${base}/oauth2/v2.0/token`,
    jwksURI: keysOf(tenants),
    // Without it there is no refresh token.
    additionalScopes: Object.freeze(['offline_access']),
    ...(tenants.kind === 'one' ? { issuer: issuerV2(tenants, tenants.tenant) } : {}),
  }
}

/** Where the keys of a tenant are; they serve both versions of tokens. */
export function keysOf({ authority, tenant }: EntraTenants): string {
  return `${authority}/${tenant}/discovery/v2.0/keys`
}

/** The issuer behind a domain: its tokens name the tenant by id. @throws {UpstreamError} */
export async function discoverIssuer(tenants: EntraTenants, discovery: UpstreamDiscovery): Promise<string> {
  const accepts = (issuer: string): boolean => isIssuerOfATenant(tenants, issuer)
  const { issuer } = await discovery.discover(publishedIssuer(tenants), { accepts })
  return issuer
}
