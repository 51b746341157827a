/** Opaque access tokens that only a call to the provider can judge. @module */
import { OAuthError, UpstreamError } from '../errors.ts'
import type { VerifiedToken, VerifierResponse, VerifierTools } from '../verifier.ts'
import { createProviderCalls, failureOf, refusalOf } from './provider-calls.ts'
import { createRememberingVerifier, type ForgettingVerifierFactory, parseCacheSeconds } from './remembering-verifier.ts'
import { sealVerifiedToken } from './verified-token.ts'

/** What a check found out; without `expiresAt` where the provider does not say. */
export interface CheckedToken extends Omit<VerifiedToken, 'expiresAt'> {
  /** Seconds since the epoch. Default: as long as the answer is remembered. */
  readonly expiresAt?: number | undefined
}

/** Bounded calls for a check. Redirects are not followed. */
export interface OpaqueTokenApi {
  /** Public URL of the protected resource that was called. */
  readonly resource: string
  /** Seconds since the epoch. */
  now(): number
  /**
   * GETs a JSON document with the token as `Authorization: Bearer`; further `headers` go with it.
   * @throws {UpstreamError} `invalid_token` for status 401; `unavailable` or `protocol` for every other failure
   */
  getJSON(url: string, headers?: Readonly<Record<string, string>>): Promise<unknown>
  /**
   * Any other call, such as one with the credentials of your application; the answer is for the check to judge.
   * @throws {UpstreamError} `unavailable` when there is no answer in time
   */
  request: VerifierTools['request']
}

/**
 * Finds out whose token this is, **and that it was issued to your own application**. A token that says only "this user
 * exists" is not enough: whoever runs another application gets such tokens from all of its users, and could call your
 * server in their names. Ask the endpoint that names the application (or does so for its credentials alone), and compare.
 * @throws {UpstreamError} `invalid_token` or `access_denied` to refuse the token; other kinds are outages
 * @throws {OAuthError} `token_invalid` to refuse the token
 */
export type CheckOpaqueToken = (token: string, api: OpaqueTokenApi) => Promise<CheckedToken>

/** Options of {@link opaqueTokenVerifier}. */
export interface OpaqueTokenVerifierOptions {
  readonly check: CheckOpaqueToken
  /** For so long an answer counts, but never past `expiresAt`, in seconds: from 1 to 60. Default 30. Also how long a revoked token may still pass. */
  readonly cacheSeconds?: number | undefined
}

/**
 * Verifies tokens by a call to the provider, one at a time for each token, and remembers the answer for a moment.
 * @throws {ConfigurationError}
 * @example
 * const createVerifier = opaqueTokenVerifier({
 *   async check(_token, api) {
 *     const found = schema.parse(await api.getJSON('https://api.example.com/token'))
 *     if (found.client_id !== clientId) throw new OAuthError('token_invalid')
 *     return { subject: found.user, clientId, scopes: found.scopes, claims: {} }
 *   },
 * })
 */
export function opaqueTokenVerifier(options: OpaqueTokenVerifierOptions): ForgettingVerifierFactory {
  const cacheSeconds = parseCacheSeconds(options.cacheSeconds)
  return createRememberingVerifier((tools) => {
    const request = createProviderCalls(tools)
    return async (token, { resource }) => {
      const api: OpaqueTokenApi = {
        resource,
        request,
        now: tools.now,
        getJSON: async (url, headers) => {
          const authorized = { accept: 'application/json', ...headers, authorization: `Bearer ${token}` }
          return readJSON(await request(url, { headers: authorized }))
        },
      }
      try {
        const found = await options.check(token, api)
        const { expiresAt = tools.now() + cacheSeconds, ...checked } = found
        assertAlive(expiresAt, tools.now())
        const value = sealVerifiedToken({ ...checked, expiresAt })
        return { value, until: Math.min(expiresAt, tools.now() + cacheSeconds) }
      } catch (error) {
        throw refusalOf(error)
      }
    }
  })
}

/** @throws {UpstreamError} */
function readJSON(response: VerifierResponse): unknown {
  if (response.status === 401) throw new UpstreamError('invalid_token', { status: response.status })
  if (!response.ok) throw failureOf(response)
  if (response.body === undefined) throw new UpstreamError('unavailable', { status: response.status })
  return response.body
}

/** @throws {OAuthError} `token_expired` */
function assertAlive(expiresAt: number, now: number): void {
  if (!Number.isFinite(expiresAt))
    throw new TypeError('check: expiresAt must be in seconds since the epoch, or left out')
  if (expiresAt <= now) throw new OAuthError('token_expired')
}
