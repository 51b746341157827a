/** Auth0 as the authorization server of an MCP server. @module */
import {
  ConfigurationError,
  type JWTVerifierOptions,
  jwtVerifier,
  OAuthError,
  type RemoteOAuthProvider,
  type VerifiedToken,
} from '@mcp-auth/core'
import { readRoles, texts } from './claims.ts'
import {
  type Auth0ClaimOptions,
  type ParsedClaimOptions,
  parseClaimOptions,
  parseScopes,
  parseText,
} from './common-options.ts'
import { parseDomain } from './domain.ts'

/** Options of `remoteAuth0()`. */
export interface RemoteAuth0Options extends Auth0ClaimOptions {
  /**
   * Identifier of the API that stands for this server; its tokens must name it. Give the API the URL of the MCP
   * endpoint as its identifier, since clients ask for that.
   */
  readonly audience: string
  /** Scopes that clients are told to ask for. Default: `['openid', 'profile', 'email']`. */
  readonly scopes?: readonly string[] | undefined
  /** Whose tokens are taken, by client id. Default: those of every application of the tenant that may call the API. */
  readonly allowedClients?: readonly string[] | undefined
}

type Claims = Readonly<Record<string, unknown>>

/**
 * Verifies access tokens that MCP clients got from Auth0: exact issuer and audience, RS256.
 * @throws {ConfigurationError} for options that cannot work
 * @see [Validate access tokens](https://auth0.com/docs/secure/tokens/access-tokens/validate-access-tokens)
 * @example
 * const provider = remoteAuth0({ domain: 'my-tenant.eu.auth0.com', audience: 'https://my-server.example/mcp' })
 */
export function remoteAuth0(options: RemoteAuth0Options): RemoteOAuthProvider {
  const { issuer, jwksURI, userinfoEndpoint } = parseDomain(options.domain)
  const parsed = parseClaimOptions(options)
  const audience = parseText('audience', options.audience, 'the identifier of an API')
  if (audience === undefined) {
    throw new ConfigurationError('audience', 'must be the identifier of an API: without one Auth0 issues opaque tokens')
  }
  const rules: JWTVerifierOptions = {
    issuer,
    jwksURI,
    audience,
    // Auth0 adds it where `openid` was asked for as well.
    toleratedAudiences: [userinfoEndpoint],
    algorithms: ['RS256'],
    check: createCheck(parsed, parseClients(options.allowedClients)),
    mapClaims: (claims) => mapAuth0Claims(claims, parsed),
  }
  return Object.freeze({
    name: 'auth0',
    displayName: 'Auth0',
    issuers: Object.freeze([issuer] as const),
    scopes: parseScopes('scopes', options.scopes ?? ['openid', 'profile', 'email']),
    createVerifier: jwtVerifier(rules),
  })
}

function parseClients(clients: readonly string[] | undefined): readonly string[] | undefined {
  if (clients === undefined || (Array.isArray(clients) && clients.length > 0)) return clients
  throw new ConfigurationError('allowedClients', 'must list client ids; leave it out to allow all')
}

function createCheck(
  { organization }: ParsedClaimOptions,
  allowedClients: readonly string[] | undefined,
): (claims: Claims) => void {
  return ({ org_id, azp, client_id }) => {
    const client = azp ?? client_id
    const isAllowed = allowedClients === undefined || (typeof client === 'string' && allowedClients.includes(client))
    const isMember = organization === undefined || org_id === organization
    if (!isAllowed || !isMember) throw new OAuthError('token_invalid')
  }
}

function mapAuth0Claims(claims: Claims, options: ParsedClaimOptions): Partial<Omit<VerifiedToken, 'expiresAt'>> {
  const granted = typeof claims['scope'] === 'string' ? claims['scope'].split(' ').filter((scope) => scope !== '') : []
  const permitted = options.permissions === 'scopes' ? texts(claims['permissions']) : []
  return {
    // With RBAC the permissions are what the user may do, of what was asked for and beyond.
    scopes: [...new Set([...granted, ...permitted])],
    roles: readRoles(claims, options),
  }
}
