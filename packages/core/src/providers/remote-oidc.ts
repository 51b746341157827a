/** Any authorization server for MCP whose access tokens are JWTs. @module */

import { type JWTVerifierOptions, jwtVerifier } from '../verification/jwt-verifier.ts'
import type { RemoteOAuthProvider, VerifiedToken } from '../verifier.ts'
import { readPath } from './claim-path.ts'
import { parseScopes, parseText } from './client-options.ts'

type Claims = Readonly<Record<string, unknown>>

/** Options of `remoteOIDC`: those of `jwtVerifier` for one issuer, and what is advertised. */
export interface RemoteOIDCOptions extends Omit<JWTVerifierOptions, 'issuer' | 'isIssuer'> {
  /** The issuer exactly as its own metadata and its tokens write it. */
  readonly issuer: string
  /** Scopes that a challenge asks for when the server names none. Default: none. */
  readonly scopes?: readonly string[] | undefined
  /** Claim with the user's roles, a list or text separated by spaces. Dots lead into objects: `realm_access.roles`. */
  readonly rolesClaim?: string | undefined
  /** Short stable name, for events and logs. Default `oidc`. */
  readonly name?: string | undefined
  /** How people know the server. Default: the host of the issuer. */
  readonly displayName?: string | undefined
}

/**
 * Verifies access tokens of a server that registers clients and issues tokens for MCP itself, such as Keycloak.
 * @throws {ConfigurationError} for options that cannot work
 * @see [RFC 9068](https://www.rfc-editor.org/rfc/rfc9068)
 * @example
 * const auth = createRemoteOAuth({
 *   baseUrl: 'https://my-server.example',
 *   provider: remoteOIDC({ issuer: 'https://login.example.com/realms/tools', rolesClaim: 'realm_access.roles' }),
 * })
 */
export function remoteOIDC(options: RemoteOIDCOptions): RemoteOAuthProvider {
  const { issuer, scopes = [], rolesClaim, name = 'oidc', displayName, mapClaims, ...verification } = options
  const path = rolesClaim === undefined ? undefined : parseText('rolesClaim', rolesClaim, 'the name of a claim')
  const createVerifier = jwtVerifier({
    ...verification,
    issuer: typeof issuer === 'string' ? issuer : '',
    mapClaims: (claims) => ({ ...(path === undefined ? {} : readRoles(claims, path)), ...mapClaims?.(claims) }),
  })
  const provider: RemoteOAuthProvider = {
    name: parseText('name', name, 'a short name for logs'),
    displayName: parseText('displayName', displayName ?? new URL(issuer).host, 'the name people know'),
    issuers: Object.freeze<readonly [string]>([issuer]),
    scopes: parseScopes('scopes', scopes),
    createVerifier,
  }
  return Object.freeze(provider)
}

function readRoles(claims: Claims, path: string): Pick<VerifiedToken, 'roles'> {
  const value = readPath(claims, path)
  const list: readonly unknown[] = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : []
  return { roles: list.filter((role): role is string => typeof role === 'string' && role !== '') }
}
