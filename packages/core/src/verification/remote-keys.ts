/** Public keys of an identity provider: fetched seldom, noticed soon when they change, kept while its host is down. @module */
import { compactVerify, errors } from 'jose'
import { createSingleFlight, staleIfErrorSeconds } from '../discovery/document-cache.ts'
import { OAuthError, UpstreamError } from '../errors.ts'
import { isWrongKey, verifyWithKeySet } from '../keys/key-set.ts'
import { type CacheBounds, readFreshness } from '../protocol/http-caching.ts'
import { type JWKSet, type PublicJWK, parsePublicJWKSet } from '../protocol/jwk-set.ts'
import type { RemoteKeys, VerifiedSignature, VerifierResponse } from '../verifier.ts'
import { parseJSONObject } from './unverified-token.ts'

/** What {@link createRemoteKeys} needs. */
export interface RemoteKeysOptions {
  readonly jwksURI: string
  /** @throws {UpstreamError} */
  readonly request: (url: string) => Promise<VerifierResponse>
  /** Seconds since the epoch. */
  readonly now: () => number
}

/** Keys that nobody has makes us ask again, but not more often than this, in seconds. */
export const unknownKeyCooldown = 10
const bounds: CacheBounds = { unspecified: 600, least: 60, most: 86_400 }
/** Most keys of a set: providers with many applications or tenants publish dozens, and a token names the one it needs. */
const maxKeys = 500
/** A host that failed is left alone for so long, in seconds. */
const pauseAfterFailure = 2

interface FetchedKeys {
  readonly set: JWKSet
  readonly fetchedAt: number
  readonly freshUntil: number
  /** How many fetches were begun, this one included. */
  readonly fetches: number
}

/** Creates the keys of one `jwks_uri`. Nothing is fetched before the first token comes. */
export function createRemoteKeys(options: RemoteKeysOptions): RemoteKeys {
  const { now, jwksURI } = options
  const fetchOnce = createSingleFlight<FetchedKeys>()
  /** Names that stood for more than one key: what one of them verified says nothing about the other. */
  const reused = new Set<string>()
  let known: FetchedKeys | undefined
  let failedAt = Number.NEGATIVE_INFINITY
  let askedAgainAt = Number.NEGATIVE_INFINITY
  let asking: Promise<FetchedKeys> | undefined
  let fetches = 0
  let isLoading = false

  const load = async (): Promise<FetchedKeys> => {
    fetches += 1
    const count = fetches
    isLoading = true
    try {
      const response = await options.request(jwksURI)
      if (!response.ok) throw new UpstreamError('unavailable', { status: response.status })
      const set = parsePublicJWKSet(response.body, maxKeys)
      if (!set) throw new UpstreamError('protocol', { status: response.status })
      const { seconds } = readFreshness((name) => response.headers.get(name), bounds, now())
      failedAt = Number.NEGATIVE_INFINITY
      for (const kid of reusedNames(known?.set, set)) reused.add(kid)
      known = { set, fetchedAt: now(), freshUntil: now() + seconds, fetches: count }
      return known
    } catch (error) {
      failedAt = now()
      throw error
    } finally {
      isLoading = false
    }
  }
  /** @throws {OAuthError} `upstream_unavailable` */
  const assertNoPause = (): void => {
    const wait = failedAt + pauseAfterFailure - now()
    if (wait > 0) throw new OAuthError('upstream_unavailable', { retryAfterSeconds: Math.ceil(wait) })
  }
  /** @throws {OAuthError} `upstream_unavailable` */
  const refresh = async (): Promise<FetchedKeys> => {
    assertNoPause()
    try {
      return await fetchOnce('', load)
    } catch (cause) {
      throw new OAuthError('upstream_unavailable', { cause })
    }
  }
  const current = async (): Promise<FetchedKeys> => {
    const former = known
    if (former && former.freshUntil > now()) return former
    const mayServe = former !== undefined && former.freshUntil + staleIfErrorSeconds > now()
    // One request finds out whether there are newer ones; the others need not wait for a host that may hang.
    if (mayServe && isLoading) return former
    try {
      return await refresh()
    } catch (error) {
      if (mayServe) return former
      throw error
    }
  }
  /** Newer keys than these, if there may be any. A stranger who invents key ids causes one fetch in a cool-down. */
  const newerThan = async (former: FetchedKeys, fetchesBefore: number): Promise<FetchedKeys> => {
    if (known && known !== former) return known
    if (former.fetches > fetchesBefore) {
      // They were fetched for this very token.
      askedAgainAt = now()
      return former
    }
    // Tokens of a new key come together: the later ones wait for what the first one asked.
    if (asking) return await asking
    if (askedAgainAt + unknownKeyCooldown > now()) {
      // Whether the key exists is not known while its owner does not answer.
      if (failedAt >= former.fetchedAt) throw new OAuthError('upstream_unavailable')
      return former
    }
    assertNoPause()
    askedAgainAt = now()
    asking = refresh().finally(() => {
      asking = undefined
    })
    return await asking
  }

  return {
    has(kid) {
      if (!known || known.freshUntil <= now() || kid === undefined) return false
      return !reused.has(kid) && known.set.keys.some((key) => key.kid === kid)
    },
    async verify(token, algorithms) {
      const fetchesBefore = fetches
      const keys = await current()
      try {
        return await verifySignature(token, keys.set, algorithms)
      } catch (error) {
        if (!isWrongKey(error)) throw new OAuthError('token_invalid', { cause: error })
        const newer = await newerThan(keys, fetchesBefore)
        if (newer === keys) throw new OAuthError('token_invalid', { cause: error })
        return await verifySignature(token, newer.set, algorithms).catch((cause: unknown) => {
          throw new OAuthError('token_invalid', { cause })
        })
      }
    },
  }
}

function reusedNames(former: JWKSet | undefined, set: JWKSet): string[] {
  const isOther = (key: PublicJWK): boolean =>
    former?.keys.some((one) => one.kid === key.kid && JSON.stringify(one) !== JSON.stringify(key)) ?? false
  return set.keys.flatMap((key) => (key.kid !== undefined && isOther(key) ? [key.kid] : []))
}

/** Only the signature: what the claims must say is for others to judge. */
async function verifySignature(token: string, set: JWKSet, algorithms: readonly string[]): Promise<VerifiedSignature> {
  const { payload, protectedHeader } = await verifyWithKeySet(set, async (key) => {
    const options = { algorithms: [...algorithms] }
    return typeof key === 'function'
      ? await compactVerify(token, key, options)
      : await compactVerify(token, key, options)
  })
  // A JWT is never unencoded, RFC 7797 §7.
  if (protectedHeader.b64 === false) throw new errors.JWSInvalid()
  const claims = parseJSONObject(payload)
  if (!claims) throw new errors.JWTInvalid()
  return { header: { ...protectedHeader }, payload: claims }
}
