/** Authorization server metadata — RFC 8414. @module */
import { codeChallengeMethodsSupported } from './pkce.ts'
import { assertPublishable } from './uri.ts'

/** Document of [RFC 8414 §2](https://www.rfc-editor.org/rfc/rfc8414#section-2), with the members we publish. */
export interface AuthorizationServerMetadata {
  readonly issuer: string
  readonly authorization_endpoint: string
  readonly token_endpoint: string
  readonly registration_endpoint: string
  readonly revocation_endpoint: string
  readonly jwks_uri: string
  readonly response_types_supported: readonly string[]
  readonly response_modes_supported: readonly string[]
  readonly grant_types_supported: readonly string[]
  readonly token_endpoint_auth_methods_supported: readonly string[]
  readonly token_endpoint_auth_signing_alg_values_supported: readonly string[]
  readonly revocation_endpoint_auth_methods_supported: readonly string[]
  readonly revocation_endpoint_auth_signing_alg_values_supported: readonly string[]
  readonly introspection_endpoint: string
  readonly introspection_endpoint_auth_methods_supported: readonly string[]
  readonly introspection_endpoint_auth_signing_alg_values_supported: readonly string[]
  readonly client_id_metadata_document_supported?: true
  readonly code_challenge_methods_supported: readonly string[]
  readonly authorization_response_iss_parameter_supported: true
  readonly scopes_supported: readonly string[]
  readonly protected_resources: readonly string[]
}

/** Client authentication methods at the token endpoint, [RFC 7591 §2](https://www.rfc-editor.org/rfc/rfc7591#section-2). */
export const tokenEndpointAuthMethods = [
  'none',
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
] as const

/** Algorithms a client may sign its assertions with: asymmetric ones only. */
export const clientAssertionAlgorithms: readonly string[] = [
  'ES256',
  'EdDSA',
  'Ed25519',
  'RS256',
  'PS256',
  'ES384',
  'ES512',
]

/** One of {@link tokenEndpointAuthMethods}. */
export type TokenEndpointAuthMethod = (typeof tokenEndpointAuthMethods)[number]

/** The absolute URLs of our endpoints. */
export interface Endpoints {
  readonly authorization: string
  readonly token: string
  readonly registration: string
  readonly revocation: string
  readonly introspection: string
  readonly jwks: string
}

/**
 * Builds the document. The issuer is echoed byte for byte.
 * @throws {TypeError} for a URL that a careless client could hand to a shell or a script
 */
export function buildAuthorizationServerMetadata(options: {
  readonly issuer: string
  readonly endpoints: Endpoints
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  /** Whether a client id may be the URL of the client's metadata. */
  readonly clientIdMetadataDocuments: boolean
}): AuthorizationServerMetadata {
  const { endpoints } = options
  assertPublishable(options.issuer, ...options.resources, ...Object.values<string>({ ...endpoints }))
  return {
    issuer: options.issuer,
    authorization_endpoint: endpoints.authorization,
    token_endpoint: endpoints.token,
    registration_endpoint: endpoints.registration,
    revocation_endpoint: endpoints.revocation,
    jwks_uri: endpoints.jwks,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_methods_supported: tokenEndpointAuthMethods,
    token_endpoint_auth_signing_alg_values_supported: clientAssertionAlgorithms,
    revocation_endpoint_auth_methods_supported: tokenEndpointAuthMethods,
    revocation_endpoint_auth_signing_alg_values_supported: clientAssertionAlgorithms,
    introspection_endpoint: endpoints.introspection,
    introspection_endpoint_auth_methods_supported: tokenEndpointAuthMethods.filter((method) => method !== 'none'),
    introspection_endpoint_auth_signing_alg_values_supported: clientAssertionAlgorithms,
    ...(options.clientIdMetadataDocuments ? { client_id_metadata_document_supported: true } : {}),
    code_challenge_methods_supported: codeChallengeMethodsSupported,
    authorization_response_iss_parameter_supported: true,
    scopes_supported: options.scopes,
    protected_resources: options.resources,
  }
}
