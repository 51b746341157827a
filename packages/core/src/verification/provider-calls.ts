/** Calls that ask a provider about one token: bounded, and not made while nobody answers there. @module */
import { OAuthError, UpstreamError } from '../errors.ts'
import { makeRoom } from '../limits/bounded-map.ts'
import type { UpstreamFailureKind } from '../provider.ts'
import { classifyOAuthError } from '../providers/classify-oauth-error.ts'
import type { VerifierResponse, VerifierTools } from '../verifier.ts'

/** A host that did not answer is left alone for so long, in seconds: not everybody has to wait for it. */
const pauseSeconds = 2
/** More hosts than an operator configures. */
const maxHosts = 100
/** Failures that say something about the token. */
const decided: readonly UpstreamFailureKind[] = ['invalid_token', 'invalid_grant', 'access_denied']

/**
 * The calls of one verifier. An answer of whatever status ends no patience: a provider may fail at a token that
 * somebody made up, and that is nobody else's trouble.
 */
export function createProviderCalls(tools: VerifierTools): VerifierTools['request'] {
  const silentUntil = new Map<string, number>()
  return async (url, init) => {
    const { origin } = new URL(url)
    const wait = (silentUntil.get(origin) ?? 0) - tools.now()
    if (wait > 0) throw new UpstreamError('unavailable', { retryAfterSeconds: Math.ceil(wait) })
    try {
      const response = await tools.request(url, init)
      silentUntil.delete(origin)
      return response
    } catch (error) {
      if (error instanceof UpstreamError && error.kind === 'unavailable') {
        silentUntil.delete(origin)
        makeRoom(silentUntil, maxHosts)
        silentUntil.set(origin, tools.now() + pauseSeconds)
      }
      throw error
    }
  }
}

/** The failure that an answer is, with the delay it asks for. */
export function failureOf(response: VerifierResponse): UpstreamError {
  const { retryAfterSeconds } = classifyOAuthError(response)
  const kind = response.status === 429 || response.status >= 500 ? 'unavailable' : 'protocol'
  return new UpstreamError(kind, { status: response.status, ...(retryAfterSeconds ? { retryAfterSeconds } : {}) })
}

/** What a failed check means to the caller: nothing about the token, unless the failure says so. */
export function refusalOf(error: unknown): unknown {
  const isDecided = error instanceof UpstreamError && decided.includes(error.kind)
  return isDecided ? new OAuthError('token_invalid', { cause: error }) : outageOf(error)
}

/** A failed call as trouble of our own, whatever the provider called it: it is not about the token. */
export function outageOf(error: unknown): unknown {
  if (!(error instanceof UpstreamError)) return error
  const { retryAfterSeconds } = error
  return new OAuthError('upstream_unavailable', { cause: error, ...(retryAfterSeconds ? { retryAfterSeconds } : {}) })
}
