/** Client ID Metadata Documents: fetched with care, kept as long as they say. @module */
import { platform } from '#platform'
import { OAuthError } from '../errors.ts'
import type { RateLimiter } from '../limits/rate-limiter.ts'
import { type PublicFetch, PublicFetchError } from '../platform/public-fetch.ts'
import {
  maxClientMetadataBytes,
  parseClientIdURL,
  parseClientMetadataDocument,
} from '../protocol/client-id-metadata.ts'
import type { ClientMetadata } from '../protocol/client-registration.ts'
import { freshnessLifetime } from '../protocol/http-caching.ts'
import { type JWKSet, parsePublicJWKSet } from '../protocol/jwk-set.ts'

/** Policy for clients whose id is a URL. */
export interface ClientDocumentPolicy {
  /** `false`: such clients are unknown here. Default: `true` where the platform can choose the address it connects to. */
  readonly enabled?: boolean | undefined
  /** Only these hosts, and their subdomains, may name clients. */
  readonly allowedHosts?: readonly string[] | undefined
  /** These hosts, and their subdomains, may not. */
  readonly deniedHosts?: readonly string[] | undefined
  /** `host:port` pairs that are fetched although they are not public addresses. For tests and intranets. */
  readonly dangerouslyAllowedHosts?: readonly string[] | undefined
  /** A guarded fetch, for platforms that have none of their own. It must keep every promise of {@link PublicFetch}. */
  readonly fetch?: PublicFetch | undefined
}

/** Finds clients by the URL that is their id. */
export interface ClientDocuments {
  /** Whether this server takes URLs as client ids. */
  readonly enabled: boolean
  /**
   * The metadata at a URL; `undefined` when the id is not such a URL. `source` is whom the work is counted against.
   * @throws {OAuthError} `client_document_invalid`, `client_document_unreachable`, `rate_limited`
   */
  find(clientId: string, source: string | undefined): Promise<ClientMetadata | undefined>
  /** The keys at a client's `jwks_uri`; `fresh` asks past the cache, at most once in a while. */
  keys(url: string, source: string | undefined, fresh: boolean): Promise<JWKSet>
}

/** What {@link createClientDocuments} needs. */
export interface ClientDocumentsOptions {
  readonly policy: ClientDocumentPolicy
  readonly isAllowedRedirectURI: (uri: string) => boolean
  readonly now: () => number
  /** Limits fetches by source and by host. */
  readonly limiter: RateLimiter
}

interface Entry<T> {
  readonly value: T
  readonly fetchedAt: number
  readonly freshUntil: number
}

const maxEntries = 1000
const timeoutMilliseconds = 5000
/** While its host is down a client stays what it was for so long, in seconds. */
const staleIfError = 86_400
/** Unknown keys make us ask again, but not more often than this, in seconds. */
const keyCooldown = 60
const bounds = { unspecified: 300, most: 86_400 }

/** Creates the finder. */
export function createClientDocuments(options: ClientDocumentsOptions): ClientDocuments {
  const { policy, now } = options
  const fetchDocument = policy.fetch ?? platform.fetchPublicDocument
  const enabled = (policy.enabled ?? true) && fetchDocument !== undefined
  const dangerouslyAllowedHosts = new Set(policy.dangerouslyAllowedHosts ?? [])

  const isAllowedHost = (hostname: string): boolean => {
    const within = (hosts: readonly string[]): boolean =>
      hosts.some((host) => hostname === host || hostname.endsWith(`.${host}`))
    return !within(policy.deniedHosts ?? []) && (policy.allowedHosts === undefined || within(policy.allowedHosts))
  }
  const load = async <T>(url: URL, source: string | undefined, parse: (body: unknown) => T): Promise<Entry<T>> => {
    if (!fetchDocument) throw new OAuthError('client_document_invalid')
    await options.limiter.spend('client-document', [source && `source ${source}`, `host ${url.host}`])
    const limits = { maxBytes: maxClientMetadataBytes, timeoutMilliseconds, dangerouslyAllowedHosts }
    const document = await fetchDocument(url, limits).catch((cause: unknown) => {
      const isRefused = cause instanceof PublicFetchError && cause.kind === 'refused'
      throw new OAuthError(isRefused ? 'client_document_invalid' : 'client_document_unreachable', { cause })
    })
    if (document.status >= 500 || document.status === 429) throw new OAuthError('client_document_unreachable')
    // Only 200 is the document; a redirect is none, wherever it leads.
    if (document.status !== 200 || !isJSON(document.headers.get('content-type')))
      throw new OAuthError('client_document_invalid')
    const value = parse(parseJSON(document.text))
    const lifetime = freshnessLifetime(document.headers.get('cache-control'), document.headers.get('age'), bounds)
    return { value, fetchedAt: now(), freshUntil: now() + lifetime }
  }
  const documents = createCache<ClientMetadata>(now)
  const keySets = createCache<JWKSet>(now)

  return {
    enabled,
    async find(clientId, source) {
      const url = enabled ? parseClientIdURL(clientId) : undefined
      if (!url) return undefined
      if (!isAllowedHost(url.hostname)) throw new OAuthError('client_document_invalid')
      const parse = (body: unknown): ClientMetadata =>
        parseClientMetadataDocument(body, clientId, options.isAllowedRedirectURI)
      return await documents.get(clientId, async () => await load(url, source, parse))
    },
    async keys(uri, source, fresh) {
      const parse = (body: unknown): JWKSet => {
        const keys = parsePublicJWKSet(body)
        if (!keys) throw new OAuthError('client_document_invalid')
        return keys
      }
      const url = new URL(uri)
      return await keySets.get(uri, async () => await load(url, source, parse), fresh ? keyCooldown : undefined)
    },
  }
}

interface Cache<T> {
  /** `olderThan`: fetch again when the entry is older than so many seconds, fresh or not. */
  get(key: string, load: () => Promise<Entry<T>>, olderThan?: number): Promise<T>
}

/** Bounded, one fetch at a time for each key, and never an error in it. */
function createCache<T>(now: () => number): Cache<T> {
  const entries = new Map<string, Entry<T>>()
  const failures = new Map<string, { readonly count: number; readonly until: number; readonly error: unknown }>()
  const loading = new Map<string, Promise<T>>()
  const keep = (key: string, entry: Entry<T>): void => {
    entries.delete(key)
    for (const oldest of entries.keys()) {
      if (entries.size < maxEntries) break
      entries.delete(oldest)
    }
    entries.set(key, entry)
  }
  // A document that failed once may be mended a moment later; one that keeps failing is left alone for a while.
  const rememberFailure = (key: string, error: unknown): void => {
    const count = (failures.get(key)?.count ?? 0) + 1
    const pause = count === 1 ? 0 : Math.min(60, 2 ** count)
    failures.delete(key)
    for (const oldest of failures.keys()) {
      if (failures.size < maxEntries) break
      failures.delete(oldest)
    }
    failures.set(key, { count, until: now() + pause, error })
  }
  const refresh = async (key: string, load: () => Promise<Entry<T>>): Promise<T> => {
    const former = entries.get(key)
    try {
      const entry = await load()
      keep(key, entry)
      failures.delete(key)
      return entry.value
    } catch (error) {
      rememberFailure(key, error)
      const isOutage = error instanceof OAuthError && error.status >= 500
      if (isOutage && former && former.fetchedAt + staleIfError > now()) return former.value
      // What was there is not what is there now.
      if (!isOutage) entries.delete(key)
      throw error
    }
  }
  return {
    async get(key, load, olderThan) {
      const entry = entries.get(key)
      if (entry && entry.freshUntil > now() && (olderThan === undefined || entry.fetchedAt + olderThan > now()))
        return entry.value
      const pending = loading.get(key)
      if (pending) return await pending
      const failure = failures.get(key)
      if (failure && failure.until > now() && !entry) throw failure.error
      const started = refresh(key, load).finally(() => loading.delete(key))
      loading.set(key, started)
      return await started
    },
  }
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
