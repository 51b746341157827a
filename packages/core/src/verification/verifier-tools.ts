/** What the verifiers of one server share: one client, one cache of documents, one set of keys for each address. @module */
import { DiscoveryDocumentCache } from '../discovery/discovery-document-cache.ts'
import { makeRoom } from '../limits/bounded-map.ts'
import type { IssuerMetadata } from '../provider.ts'
import { boundedFetch, type Fetch } from '../upstream/bounded-fetch.ts'
import type { RemoteKeys, VerifierTools } from '../verifier.ts'
import { createRemoteKeys } from './remote-keys.ts'

/** What {@link createVerifierTools} needs. */
export interface VerifierToolsOptions {
  readonly fetch: Fetch
  /** Seconds since the epoch. */
  readonly now: () => number
  /** Seconds until a call is given up. */
  readonly timeoutSeconds: number
  /** Metadata that is known without asking. */
  readonly knownMetadata?: IssuerMetadata | undefined
}

/** Keys and documents are asked for while somebody waits for an answer: longer than this, in seconds, nobody does. */
const maxPatience = 5
/** More addresses of keys than an operator configures. */
const maxKeySets = 100

/** Creates the tools. Nothing is fetched before it is needed. */
export function createVerifierTools(options: VerifierToolsOptions): VerifierTools {
  const { fetch, now, knownMetadata } = options
  const timeoutSeconds = Math.min(options.timeoutSeconds, maxPatience)
  const documents = new DiscoveryDocumentCache({ fetch, now, timeoutSeconds })
  const keySets = new Map<string, RemoteKeys>()
  const request: VerifierTools['request'] = async (url, init) =>
    await boundedFetch(fetch, url, init, AbortSignal.timeout(timeoutSeconds * 1000))
  return {
    now,
    timeoutSeconds,
    request,
    discover: async (issuer, places) =>
      issuer === knownMetadata?.issuer ? knownMetadata : await documents.discover(issuer, places),
    keys(jwksURI) {
      const known = keySets.get(jwksURI)
      if (known) return known
      const headers = { accept: 'application/jwk-set+json, application/json' }
      const keys = createRemoteKeys({ jwksURI, now, request: async (url) => await request(url, { headers }) })
      makeRoom(keySets, maxKeySets)
      keySets.set(jwksURI, keys)
      return keys
    },
  }
}
