/** Token responses: the one we build and the ones we read — RFC 6749 §5.1. @module */
import * as z from 'zod/mini'
import type { UpstreamTokens } from '../provider.ts'
import { formatScope, parseScope } from './scope.ts'

/** Our answer, members as on the wire, [RFC 6749 §5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1). */
export interface TokenResponse {
  readonly access_token: string
  readonly token_type: 'Bearer'
  /** Seconds. */
  readonly expires_in: number
  readonly refresh_token?: string
  readonly scope: string
}

/** Builds our answer. The scope is always named, since clients ask for more than they get. */
export function buildTokenResponse(options: {
  readonly accessToken: string
  readonly expiresIn: number
  readonly refreshToken: string | undefined
  readonly scopes: readonly string[]
}): TokenResponse {
  return {
    access_token: options.accessToken,
    token_type: 'Bearer',
    expires_in: options.expiresIn,
    ...(options.refreshToken === undefined ? {} : { refresh_token: options.refreshToken }),
    scope: formatScope(options.scopes),
  }
}

const upstreamResponse = z.object({
  access_token: z.string().check(z.minLength(1), z.maxLength(16_384)),
  token_type: z.string().check(z.regex(/^bearer$/i)),
  // Forms carry it as text.
  expires_in: z.nullish(z.union([z.number().check(z.nonnegative()), z.string().check(z.regex(/^\d{1,12}$/))])),
  refresh_token: z.nullish(z.string().check(z.minLength(1), z.maxLength(16_384))),
  scope: z.nullish(z.string()),
  id_token: z.nullish(z.string()),
})

/**
 * Reads the token response of an identity provider; `now` in seconds since the epoch.
 * @returns `undefined` when it is not one
 */
export function parseUpstreamTokenResponse(body: unknown, now: number): UpstreamTokens | undefined {
  const parsed = upstreamResponse.safeParse(body)
  if (!parsed.success) return undefined
  const { access_token, expires_in, refresh_token, scope, id_token } = parsed.data
  // Some providers separate scopes by commas.
  const scopes = typeof scope === 'string' ? parseScope(scope.replaceAll(',', ' ')) : undefined
  // What was granted is said, but not in words: that must not count as everything.
  if (typeof scope === 'string' && scopes === undefined) return undefined
  return {
    accessToken: access_token,
    ...(expires_in === undefined || expires_in === null ? {} : { expiresAt: now + Math.floor(Number(expires_in)) }),
    ...(typeof refresh_token === 'string' ? { refreshToken: refresh_token } : {}),
    ...(scopes === undefined ? {} : { scopes }),
    ...(typeof id_token === 'string' ? { idToken: id_token } : {}),
  }
}
