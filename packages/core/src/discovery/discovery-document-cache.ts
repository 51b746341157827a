/** Discovery documents of identity providers: fetched once, kept as long as they say, never changed by anybody. @module */
import { platform } from '#platform'
import { ConfigurationError, UpstreamError } from '../errors.ts'
import { type PublicFetch, PublicFetchError } from '../platform/public-fetch.ts'
import { type CacheBounds, readFreshness } from '../protocol/http-caching.ts'
import { issuerMetadataURLs, parseIssuerMetadata } from '../protocol/issuer-metadata.ts'
import { isSecureURL } from '../protocol/uri.ts'
import type { IssuerMetadata } from '../provider.ts'
import { systemClock } from '../surroundings.ts'
import { type BoundedResponse, boundedFetch, defaultFetch, type Fetch } from '../upstream/bounded-fetch.ts'
import type { IssuerPlaces } from '../verifier.ts'
import { deepFreeze } from './deep-freeze.ts'
import {
  createDocumentCache,
  type DocumentCache,
  type DocumentRequest,
  type FetchedDocument,
} from './document-cache.ts'
import { waitFor } from './wait-for.ts'

/** Options of {@link DiscoveryDocumentCache}. Times in seconds. */
export interface DiscoveryDocumentCacheOptions {
  /** For documents whose headers say nothing. Default 3600. */
  readonly defaultTtlSeconds?: number | undefined
  /** Documents are kept for so long even where they forbid it. Default 60. */
  readonly minTtlSeconds?: number | undefined
  /** And for so long at most. Default 86400. */
  readonly maxTtlSeconds?: number | undefined
  /** Until a document is given up, wherever it is looked for. Default 5. */
  readonly timeoutSeconds?: number | undefined
  /** Documents beyond this number push out the oldest. Default 100. */
  readonly maxEntries?: number | undefined
  /**
   * For URLs that a stranger can choose: only https on public addresses is fetched, by a connection to the very
   * address that was checked. Default: `false`, for URLs of your own configuration.
   */
  readonly publicOnly?: boolean | undefined
  /** The guarded fetch of `publicOnly`, for platforms that have none of their own. */
  readonly publicFetch?: PublicFetch | undefined
  /** Default: the platform's. */
  readonly fetch?: Fetch | undefined
  /** Seconds since the epoch. Default: the clock of the machine. */
  readonly now?: (() => number) | undefined
}

/** How one request to the cache differs from others. */
export interface DiscoveryRequest {
  /** Ends the waiting of this caller; the fetch goes on for the others. */
  readonly signal?: AbortSignal | undefined
}

const maxBytes = 512 * 1024
const defaultTimeoutSeconds = 5

/**
 * Keeps discovery documents. Fetches for one document are coalesced; what keeps failing is left alone for a few
 * seconds; while its host is down a stale copy serves, for a day at most.
 * @example
 * const cache = new DiscoveryDocumentCache()
 * const { token_endpoint } = await cache.discover('https://login.example.com')
 */
export class DiscoveryDocumentCache {
  readonly #documents: DocumentCache<JSONObject>
  readonly #issuers: DocumentCache<IssuerMetadata>
  readonly #load: Load
  readonly #deadline: () => AbortSignal

  /** @throws {ConfigurationError} for bounds that cannot work */
  constructor(options: DiscoveryDocumentCacheOptions = {}) {
    const { now = systemClock, maxEntries = 100 } = options
    if (!(Number.isInteger(maxEntries) && maxEntries > 0)) {
      throw new ConfigurationError('maxEntries', 'must be a whole number greater than 0')
    }
    const limits = { maxEntries, firstPauseSeconds: 2, maxPauseSeconds: 5 }
    this.#documents = createDocumentCache(now, limits)
    this.#issuers = createDocumentCache(now, limits)
    this.#load = createLoader(options, now)
    this.#deadline = () => AbortSignal.timeout((options.timeoutSeconds ?? defaultTimeoutSeconds) * 1000)
  }

  /** How many documents are kept. */
  get size(): number {
    return this.#documents.size + this.#issuers.size
  }

  /** Whether the document of this URL or issuer is kept, fresh or not. */
  has(url: string): boolean {
    return this.#documents.has(url) || this.#issuers.has(url)
  }

  /** Forgets the document of one URL or issuer, or all. */
  clear(url?: string): void {
    this.#documents.clear(url)
    this.#issuers.clear(url)
  }

  /**
   * The JSON object at a URL, frozen.
   * @throws {UpstreamError} `unavailable` while it cannot be had; `protocol` for a URL that is not https (or http on a
   * loopback host) and for anything but a JSON object with status 200
   */
  async get(url: string, { signal }: DiscoveryRequest = {}): Promise<JSONObject> {
    const load = async (): Promise<FetchedDocument<JSONObject>> =>
      await this.#load(url, (body) => body, this.#deadline())
    return await waitFor(signal, async () => await this.#documents.get(url, request(load)))
  }

  /**
   * The metadata of an issuer, frozen: from the first of its well-known places where the document names exactly this issuer.
   * @throws {UpstreamError} `unavailable` while it cannot be had, `protocol` when what is there is not this issuer's
   * @see [RFC 8414 §3](https://www.rfc-editor.org/rfc/rfc8414#section-3), [OpenID Connect Discovery §4](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig)
   */
  async discover(issuer: string, { urls, accepts = () => false, signal }: IssuerPlaces = {}): Promise<IssuerMetadata> {
    const parse = (body: JSONObject): IssuerMetadata => {
      const metadata = parseIssuerMetadata(body)
      if (metadata && (metadata.issuer === issuer || accepts(metadata.issuer))) return metadata
      throw new UpstreamError('protocol')
    }
    const load = async (): Promise<FetchedDocument<IssuerMetadata>> => {
      let failure: unknown
      // Somebody waits for all of the places together.
      const deadline = this.#deadline()
      for (const url of urls ?? issuerMetadataURLs(assertFetchable(issuer))) {
        try {
          return await this.#load(url, parse, deadline)
        } catch (error) {
          // That one place cannot be reached outweighs that another one holds nothing.
          if (failure === undefined || isOutage(error)) failure = error
        }
        if (deadline.aborted) break
      }
      throw failure
    }
    return await waitFor(signal, async () => await this.#issuers.get(issuer, request(load)))
  }
}

type Load = <T extends object>(
  url: string,
  parse: (body: JSONObject) => T,
  deadline: AbortSignal,
) => Promise<FetchedDocument<T>>

type JSONObject = Readonly<Record<string, unknown>>

/** One budget for everybody: URLs come from the configuration, or few strangers name them. */
function request<T>(load: () => Promise<FetchedDocument<T>>): DocumentRequest<T> {
  return { payer: '', pay: async () => {}, load, staleWillDo: true }
}

function createLoader(options: DiscoveryDocumentCacheOptions, now: () => number): Load {
  const bounds = readBounds(options)
  const fetchDocument = createFetch(options)
  return async (url, parse, deadline) => {
    const { status, headers, body } = await fetchDocument(assertFetchable(url), deadline)
    if (status === 429 || status >= 500) throw new UpstreamError('unavailable', { status })
    if (status !== 200 || typeof body !== 'object' || body === null || Array.isArray(body)) {
      // A page where data should be is an outage in front of the IdP, not its answer.
      throw new UpstreamError(status === 200 && body === undefined ? 'unavailable' : 'protocol', { status })
    }
    const value = deepFreeze(parse({ ...body }))
    const { seconds } = readFreshness((name) => headers.get(name), bounds, now())
    return { value, fetchedAt: now(), freshUntil: now() + seconds, mayKeep: true }
  }
}

type FetchedJSON = Pick<BoundedResponse, 'status' | 'body'> & { readonly headers: { get(name: string): string | null } }

function createFetch(
  options: DiscoveryDocumentCacheOptions,
): (url: string, deadline: AbortSignal) => Promise<FetchedJSON> {
  const { timeoutSeconds = defaultTimeoutSeconds, publicOnly = false, fetch = defaultFetch } = options
  if (!(timeoutSeconds > 0 && timeoutSeconds <= 60)) {
    throw new ConfigurationError('timeoutSeconds', 'must be greater than 0 and at most 60 seconds')
  }
  const headers = { accept: 'application/json' }
  if (!publicOnly) {
    return async (url, deadline) => await boundedFetch(fetch, url, { headers }, deadline)
  }
  const publicFetch = options.publicFetch ?? platform.fetchPublicDocument
  if (!publicFetch) {
    throw new ConfigurationError(
      'publicOnly',
      'needs publicFetch: this platform cannot choose the address it connects to',
    )
  }
  const limits = { maxBytes, timeoutMilliseconds: timeoutSeconds * 1000, dangerouslyAllowedHosts: new Set<string>() }
  return async (url, deadline) => {
    try {
      // What cannot be aborted ends by its own limit; nobody waits for it longer than for all places together.
      const { text, ...document } = await waitFor(deadline, async () => await publicFetch(new URL(url), limits))
      return { ...document, body: parseJSON(text) }
    } catch (cause) {
      const isRefused = cause instanceof PublicFetchError && cause.kind === 'refused'
      throw new UpstreamError(isRefused ? 'protocol' : 'unavailable', { cause })
    }
  }
}

function readBounds(options: DiscoveryDocumentCacheOptions): CacheBounds {
  const { defaultTtlSeconds = 3600, minTtlSeconds = 60, maxTtlSeconds = 86_400 } = options
  if (!(minTtlSeconds >= 0 && minTtlSeconds <= defaultTtlSeconds && defaultTtlSeconds <= maxTtlSeconds)) {
    throw new ConfigurationError(
      'minTtlSeconds',
      'must be 0 or more, with minTtlSeconds <= defaultTtlSeconds <= maxTtlSeconds',
    )
  }
  return { least: minTtlSeconds, unspecified: defaultTtlSeconds, most: maxTtlSeconds }
}

function assertFetchable(url: string): string {
  if (!URL.canParse(url) || !isSecureURL(new URL(url))) throw new UpstreamError('protocol')
  return url
}

function isOutage(error: unknown): boolean {
  return error instanceof UpstreamError && error.kind === 'unavailable'
}

function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
