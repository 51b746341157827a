/** Dynamic client registration: request and answer — RFC 7591. @module */
import * as z from 'zod/mini'
import { OAuthError } from '../errors.ts'
import { type TokenEndpointAuthMethod, tokenEndpointAuthMethods } from './authorization-server-metadata.ts'
import { type JWKSet, parsePublicJWKSet } from './jwk-set.ts'
import { parsePlainURI } from './uri.ts'

/** Client metadata in force, members as on the wire, [RFC 7591 §2](https://www.rfc-editor.org/rfc/rfc7591#section-2). */
export interface ClientMetadata {
  readonly redirect_uris: readonly string[]
  readonly token_endpoint_auth_method: TokenEndpointAuthMethod
  readonly grant_types: readonly GrantType[]
  readonly response_types: readonly ['code']
  readonly client_name?: string
  readonly client_uri?: string
  readonly application_type?: 'native' | 'web'
  /** Keys of a client that authenticates with `private_key_jwt`: one of the two. */
  readonly jwks?: JWKSet
  readonly jwks_uri?: string
}

/** Grant types we serve. */
export type GrantType = 'authorization_code' | 'refresh_token'

/** A client the operator registered by hand. */
export interface PreRegisteredClient {
  readonly client_id: string
  readonly client_secret?: string | undefined
  readonly redirect_uris: readonly string[]
  readonly token_endpoint_auth_method?: string | undefined
  readonly grant_types?: readonly string[] | undefined
  readonly client_name?: string | undefined
  readonly client_uri?: string | undefined
  readonly jwks?: unknown
  readonly jwks_uri?: string | undefined
}

const maxRedirectURIs = 10
const maxNameLength = 80

const uri = z.string().check(z.maxLength(2048))
const registrationRequest = z.object({
  redirect_uris: z.array(uri).check(z.minLength(1), z.maxLength(maxRedirectURIs)),
  token_endpoint_auth_method: z.optional(z.string()),
  grant_types: z.optional(z.array(z.string()).check(z.maxLength(20))),
  response_types: z.optional(z.array(z.string()).check(z.maxLength(20))),
  client_name: z.optional(z.nullable(z.string())),
  client_uri: z.optional(z.nullable(z.string())),
  application_type: z.optional(z.nullable(z.string())),
  jwks: z.optional(z.unknown()),
  jwks_uri: z.optional(z.nullable(uri)),
})

/**
 * Reads a registration request. What we cannot use is left out of the answer; only a request of which nothing
 * usable remains is refused. Redirect URIs that the policy does not allow are dropped one by one.
 * @throws {OAuthError} `redirect_uris_invalid`, `client_metadata_invalid`
 * @see [RFC 7591 §3.1](https://www.rfc-editor.org/rfc/rfc7591#section-3.1)
 */
export function parseRegistrationRequest(body: unknown, isAllowed: (redirectURI: string) => boolean): ClientMetadata {
  const parsed = registrationRequest.safeParse(body)
  if (!parsed.success) {
    const aboutRedirects = parsed.error.issues.some((issue) => issue.path[0] === 'redirect_uris')
    throw new OAuthError(aboutRedirects ? 'redirect_uris_invalid' : 'client_metadata_invalid')
  }
  const request = parsed.data
  const redirectURIs = [...new Set(request.redirect_uris)].filter(isAllowed)
  if (redirectURIs.length === 0) throw new OAuthError('redirect_uris_invalid')
  if (request.response_types && !request.response_types.includes('code'))
    throw new OAuthError('client_metadata_invalid')
  const name = displayName(request.client_name ?? undefined)
  const clientURI = request.client_uri ?? undefined
  const method = authMethod(request.token_endpoint_auth_method)
  return {
    redirect_uris: redirectURIs,
    token_endpoint_auth_method: method,
    ...(method === 'private_key_jwt' ? clientKeys(request) : {}),
    grant_types: grantTypes(request.grant_types),
    response_types: ['code'],
    ...(name === undefined ? {} : { client_name: name }),
    ...(clientURI !== undefined && isWebURL(clientURI) ? { client_uri: clientURI } : {}),
    ...(request.application_type === 'native' || request.application_type === 'web'
      ? { application_type: request.application_type }
      : {}),
  }
}

/** The default of RFC 7591 is `client_secret_basic`; methods we do not have are refused, not silently replaced. */
function authMethod(requested: string | undefined): TokenEndpointAuthMethod {
  const wanted = requested ?? 'client_secret_basic'
  const method = tokenEndpointAuthMethods.find((known) => known === wanted)
  if (method === undefined) throw new OAuthError('client_metadata_invalid')
  return method
}

/**
 * The keys of a client that authenticates with `private_key_jwt`: exactly one of `jwks` and `jwks_uri`.
 * @throws {OAuthError} `client_metadata_invalid`
 */
export function clientKeys(metadata: {
  readonly jwks?: unknown
  readonly jwks_uri?: string | null | undefined
}): { jwks: JWKSet } | { jwks_uri: string } {
  const { jwks, jwks_uri: uri } = metadata
  if (typeof uri === 'string' && (jwks ?? undefined) === undefined && uri.startsWith('https://') && parsePlainURI(uri))
    return { jwks_uri: uri }
  const keys = typeof uri === 'string' ? undefined : parsePublicJWKSet(jwks)
  if (!keys) throw new OAuthError('client_metadata_invalid')
  return { jwks: keys }
}

/** The grant types we serve out of those requested; `authorization_code` must be among them. */
function grantTypes(requested: readonly string[] | undefined): GrantType[] {
  if (requested && !requested.includes('authorization_code')) throw new OAuthError('client_metadata_invalid')
  return requested?.includes('refresh_token') ? ['authorization_code', 'refresh_token'] : ['authorization_code']
}

// Control, format and direction characters, and the separators that would let a name pretend to be two lines.
const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu

/** A client name fit to be shown: no invisible or direction-changing characters, no runs of space, at most 80 characters. */
export function displayName(name: string | undefined): string | undefined {
  if (name === undefined) return undefined
  const plain = name.slice(0, 1000).replace(invisible, '').replace(/\s+/g, ' ').trim()
  const shown = Array.from(plain).slice(0, maxNameLength).join('')
  return shown === '' ? undefined : shown
}

function isWebURL(value: string): boolean {
  const protocol = value.length <= 256 ? parsePlainURI(value)?.protocol : undefined
  return protocol === 'https:' || protocol === 'http:'
}
