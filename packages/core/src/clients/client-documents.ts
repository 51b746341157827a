/** Client ID Metadata Documents, and the key sets that clients name: fetched with care. @module */

import { createDocumentCache, type FetchedDocument } from '../discovery/document-cache.ts'
import { OAuthError } from '../errors.ts'
import { type RateLimiter, sourceKey } from '../limits/rate-limiter.ts'
import { type PublicDocument, PublicFetchError } from '../platform/public-fetch.ts'
import {
  maxClientMetadataBytes,
  parseClientIdURL,
  parseClientMetadataDocument,
} from '../protocol/client-id-metadata.ts'
import type { ClientMetadata } from '../protocol/client-registration.ts'
import { type CacheBounds, readFreshness } from '../protocol/http-caching.ts'
import { type JWKSet, parsePublicJWKSet } from '../protocol/jwk-set.ts'
import type { ResolvedDocumentPolicy } from './client-document-policy.ts'

/** Finds clients by the URL that is their id. `source` is the address the work is counted against. */
export interface ClientDocuments {
  /** Whether this server takes URLs as client ids. */
  readonly enabled: boolean
  /** Whether a client may have its keys at this URL. */
  readonly canFetch: (url: string) => boolean
  /**
   * The metadata at a URL; `undefined` when the id is not such a URL. `mustBeCurrent`: while the document cannot be
   * had, the last known one will not do.
   * @throws {OAuthError} `client_document_invalid`, `client_document_unreachable`, `rate_limited`
   */
  find(clientId: string, source: string | undefined, mustBeCurrent: boolean): Promise<ClientMetadata | undefined>
  /**
   * The keys at a client's `jwks_uri`. `askAgain`: the ones we have do not fit; heeded once in a while.
   * @throws {OAuthError} as {@link find}
   */
  keys(url: string, source: string | undefined, askAgain: boolean): Promise<JWKSet>
}

/** What {@link createClientDocuments} needs. */
export interface ClientDocumentsOptions {
  readonly policy: ResolvedDocumentPolicy
  readonly isAllowedRedirectURI: (uri: string) => boolean
  readonly now: () => number
  /** Limits fetches by source and by host. */
  readonly limiter: RateLimiter
}

const timeoutMilliseconds = 5000
/** Unknown keys make us ask again, but not more often than this, in seconds. */
const keyCooldown = 60
const documentBounds: CacheBounds = { unspecified: 300, least: 0, most: 86_400 }
const keyBounds: CacheBounds = { unspecified: 300, least: keyCooldown, most: 86_400 }

/** Creates the finder. */
export function createClientDocuments(options: ClientDocumentsOptions): ClientDocuments {
  const { policy, limiter, now } = options
  const documents = createDocumentCache<ClientMetadata>(now)
  const keySets = createDocumentCache<JWKSet>(now)

  const fetchDocument = async (url: URL): Promise<PublicDocument> => {
    if (!policy.fetch || !policy.mayFetch(url.hostname)) throw new OAuthError('client_document_invalid')
    const { dangerouslyAllowedHosts } = policy
    try {
      return await policy.fetch(url, { maxBytes: maxClientMetadataBytes, timeoutMilliseconds, dangerouslyAllowedHosts })
    } catch (cause) {
      const isRefused = cause instanceof PublicFetchError && cause.kind === 'refused'
      throw new OAuthError(isRefused ? 'client_document_invalid' : 'client_document_unreachable', { cause })
    }
  }
  const load = async <T>(url: URL, bounds: CacheBounds, parse: (body: unknown) => T): Promise<FetchedDocument<T>> => {
    await limiter.spend('client-document-host', `host ${url.hostname}`)
    const document = await fetchDocument(url)
    if (document.status >= 500 || document.status === 429) throw new OAuthError('client_document_unreachable')
    // Only 200 is the document; a redirect is none, wherever it leads.
    if (document.status !== 200 || !isJSON(document.headers.get('content-type')))
      throw new OAuthError('client_document_invalid')
    const value = parse(parseJSON(document.text))
    const { seconds, mayKeep } = readFreshness((name) => document.headers.get(name), bounds, now())
    return { value, fetchedAt: now(), freshUntil: now() + seconds, mayKeep }
  }
  const payerOf = (source: string | undefined): { payer: string; pay: () => Promise<void> } => {
    const payer = sourceKey(source)
    return { payer, pay: async () => await limiter.spend('client-document', payer) }
  }

  return {
    enabled: policy.enabled,
    canFetch: (url) => policy.mayFetch(new URL(url).hostname),
    async find(clientId, source, mustBeCurrent) {
      const url = policy.enabled ? parseClientIdURL(clientId) : undefined
      if (!url) return undefined
      if (!policy.mayName(url.hostname)) throw new OAuthError('client_document_invalid')
      const parse = (body: unknown): ClientMetadata =>
        parseClientMetadataDocument(body, clientId, options.isAllowedRedirectURI)
      return await documents.get(clientId, {
        ...payerOf(source),
        load: async () => await load(url, documentBounds, parse),
        staleWillDo: !mustBeCurrent,
      })
    },
    async keys(uri, source, askAgain) {
      return await keySets.get(uri, {
        ...payerOf(source),
        load: async () => await load(new URL(uri), keyBounds, parseKeys),
        staleWillDo: true,
        olderThan: askAgain ? keyCooldown : undefined,
      })
    },
  }
}

function parseKeys(body: unknown): JWKSet {
  const keys = parsePublicJWKSet(body)
  if (!keys) throw new OAuthError('client_document_invalid')
  return keys
}

function isJSON(contentType: string | null): boolean {
  return /^application\/(?:[\w.+-]+\+)?json(?:\s*;|\s*$)/i.test(contentType ?? '')
}

function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new OAuthError('client_document_invalid', { cause })
  }
}
