/** Verifiers that ask somebody about each token, and remember the answer for a moment. @module */
import { ConfigurationError, OAuthError } from '../errors.ts'
import type { TokenVerifierFactory, VerificationTarget, VerifiedToken, VerifierTools } from '../verifier.ts'
import { createTokenCache, type Kept, type TokenCache } from './token-cache.ts'
import { maxTokenLength } from './unverified-token.ts'

/** A verifier whose answers can be taken back. */
export interface ForgettingVerifierFactory extends TokenVerifierFactory {
  /** Forgets what is known of a token, because it was revoked: the next request asks again. Of this process only. */
  forget(token: string): Promise<void>
}

/** Asks about one token. @throws {OAuthError} */
export type Ask = (token: string, target: VerificationTarget) => Promise<Kept<VerifiedToken>>

/** For so long a refused token is refused again unasked, in seconds: repeated calls cost nothing, and a mistake does not last. */
const refusalSeconds = 3

/** Makes the verifier: one question for each token at a time, and its answer for as long as it counts. */
export function createRememberingVerifier(createAsk: (tools: VerifierTools) => Ask): ForgettingVerifierFactory {
  const caches: TokenCache<VerifiedToken>[] = []
  const factory: TokenVerifierFactory = (tools) => {
    const cache = createTokenCache<VerifiedToken>(tools.now, { refusalSeconds })
    const ask = createAsk(tools)
    caches.push(cache)
    return {
      async verify(token, target) {
        // What no header may hold is not worth a question, RFC 6750 §2.1.
        if (token.length > maxTokenLength || !/^[\w\-.~+/]+=*$/.test(token)) throw new OAuthError('token_invalid')
        return await cache.get(token, target.resource, async () => await ask(token, target))
      },
    }
  }
  return Object.assign(factory, {
    async forget(token: string): Promise<void> {
      for (const cache of caches) await cache.forget(token)
    },
  })
}

/** @throws {ConfigurationError} */
export function parseCacheSeconds(seconds = 30): number {
  if (seconds >= 1 && seconds <= 60) return seconds
  throw new ConfigurationError('cacheSeconds', 'must be from 1 to 60 seconds')
}
