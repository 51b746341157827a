/** Client ID Metadata Documents: a client id that is the URL of the client's metadata. @module */
import * as z from 'zod/mini'
import { OAuthError } from '../errors.ts'
import { type ClientMetadata, clientKeys, displayName } from './client-registration.ts'
import { parsePlainURI } from './uri.ts'

/** Bytes of the longest document we read. */
export const maxClientMetadataBytes: number = 5 * 1024

/**
 * The URL of a client id that may name a metadata document: https, with a path, plainly written. A dot after the
 * host would make another name of the same host, and lists of hosts would not know it.
 * @see [draft-ietf-oauth-client-id-metadata-document §3](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-02#section-3)
 */
export function parseClientIdURL(clientId: string): URL | undefined {
  const url = clientId.startsWith('https://') ? parsePlainURI(clientId) : undefined
  if (!url || url.pathname === '/' || url.hostname.endsWith('.')) return undefined
  return clientId.includes('#') || /%2e/i.test(url.pathname) ? undefined : url
}

const text = z.string().check(z.maxLength(2048))
const documentShape = z.object({
  client_id: text,
  client_name: z.string().check(z.minLength(1)),
  redirect_uris: z.array(text).check(z.minLength(1), z.maxLength(30)),
  token_endpoint_auth_method: z.optional(z.nullable(z.enum(['none', 'private_key_jwt']))),
  grant_types: z.optional(z.nullable(z.array(z.string()).check(z.maxLength(20)))),
  response_types: z.optional(z.nullable(z.array(z.string()).check(z.maxLength(20)))),
  jwks_uri: z.optional(z.nullable(text)),
  jwks: z.optional(z.unknown()),
  client_secret: z.optional(z.never()),
  client_secret_expires_at: z.optional(z.never()),
})

/**
 * Reads a document that was fetched from `clientId`. A client that publishes keys has to use them.
 * @throws {OAuthError} `client_document_invalid`
 * @see [draft-ietf-oauth-client-id-metadata-document §4](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-02#section-4)
 */
export function parseClientMetadataDocument(
  body: unknown,
  clientId: string,
  isAllowedRedirectURI: (uri: string) => boolean,
): ClientMetadata {
  const parsed = documentShape.safeParse(body)
  if (!parsed.success || parsed.data.client_id !== clientId) throw new OAuthError('client_document_invalid')
  const document = parsed.data
  const redirectURIs = [...new Set(document.redirect_uris)].filter(isAllowedRedirectURI)
  if (redirectURIs.length === 0) throw new OAuthError('client_document_invalid')
  if (document.response_types && !document.response_types.includes('code'))
    throw new OAuthError('client_document_invalid')
  if (document.grant_types && !document.grant_types.includes('authorization_code'))
    throw new OAuthError('client_document_invalid')
  const hasKeys = typeof document.jwks_uri === 'string' || (document.jwks ?? undefined) !== undefined
  const keys = hasKeys ? documentKeys(document) : undefined
  const method = document.token_endpoint_auth_method ?? (keys ? 'private_key_jwt' : 'none')
  if ((method === 'private_key_jwt') !== (keys !== undefined)) throw new OAuthError('client_document_invalid')
  const name = displayName(document.client_name)
  return {
    redirect_uris: redirectURIs,
    token_endpoint_auth_method: method,
    grant_types: document.grant_types?.includes('refresh_token')
      ? ['authorization_code', 'refresh_token']
      : ['authorization_code'],
    response_types: ['code'],
    ...(name === undefined ? {} : { client_name: name }),
    ...keys,
  }
}

function documentKeys(document: Parameters<typeof clientKeys>[0]): ReturnType<typeof clientKeys> {
  try {
    return clientKeys(document)
  } catch (cause) {
    throw new OAuthError('client_document_invalid', { cause })
  }
}
