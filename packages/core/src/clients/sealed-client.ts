/** The text a dynamic client id seals: the client's metadata in short words, since an id travels far. @module */
import { tokenEndpointAuthMethods } from '../protocol/authorization-server-metadata.ts'
import type { ClientMetadata } from '../protocol/client-registration.ts'
import type { JWKSet } from '../protocol/jwk-set.ts'

interface SealedClient {
  readonly t: number
  readonly r: readonly string[]
  readonly m: number
  readonly g?: 1
  readonly n?: string
  readonly u?: string
  readonly a?: 'native' | 'web'
  readonly k?: string
  readonly j?: JWKSet
}

/** Writes metadata short. `issuedAt` in seconds since the epoch. */
export function packClient(metadata: ClientMetadata, issuedAt: number): string {
  const sealed: SealedClient = {
    t: issuedAt,
    r: metadata.redirect_uris,
    m: tokenEndpointAuthMethods.indexOf(metadata.token_endpoint_auth_method),
    ...(metadata.grant_types.includes('refresh_token') ? { g: 1 } : {}),
    ...(metadata.client_name === undefined ? {} : { n: metadata.client_name }),
    ...(metadata.client_uri === undefined ? {} : { u: metadata.client_uri }),
    ...(metadata.application_type === undefined ? {} : { a: metadata.application_type }),
    ...(metadata.jwks_uri === undefined ? {} : { k: metadata.jwks_uri }),
    ...(metadata.jwks === undefined ? {} : { j: metadata.jwks }),
  }
  return JSON.stringify(sealed)
}

/** Reads what {@link packClient} wrote; the text was authenticated before. */
export function unpackClient(text: string): { metadata: ClientMetadata; issuedAt: number } | undefined {
  const sealed: unknown = JSON.parse(text)
  if (!isSealedClient(sealed)) return undefined
  const metadata: ClientMetadata = {
    redirect_uris: sealed.r,
    token_endpoint_auth_method: tokenEndpointAuthMethods[sealed.m] ?? 'client_secret_basic',
    grant_types: sealed.g === 1 ? ['authorization_code', 'refresh_token'] : ['authorization_code'],
    response_types: ['code'],
    ...(sealed.n === undefined ? {} : { client_name: sealed.n }),
    ...(sealed.u === undefined ? {} : { client_uri: sealed.u }),
    ...(sealed.a === undefined ? {} : { application_type: sealed.a }),
    ...(sealed.k === undefined ? {} : { jwks_uri: sealed.k }),
    ...(sealed.j === undefined ? {} : { jwks: sealed.j }),
  }
  return { metadata, issuedAt: sealed.t }
}

/** We sealed it ourselves: authenticated, so its members are not checked again. */
function isSealedClient(value: unknown): value is SealedClient {
  return typeof value === 'object' && value !== null && 'r' in value
}
