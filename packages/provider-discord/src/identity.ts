/** Whose token it is: two answers of Discord, checked and joined. @module */
import { type AuthSession, type Identity, type UpstreamApi, UpstreamError, type UpstreamTokens } from '@mcp-auth/core'
import * as z from 'zod/mini'
import type { DiscordEndpoints } from './endpoints.ts'

/**
 * What Discord says about the user, names as on the wire. `email` and `verified` are there only if scope
 * `email` was granted; an address counts only when `verified` is `true`.
 * @see [User object](https://docs.discord.com/developers/resources/user#user-object)
 */
export type DiscordClaims = {
  readonly id: string
  /** Unique at Discord, but it may change hands: never a key. */
  readonly username: string
  /** The display name, if the user chose one. */
  readonly global_name: string | null
  /** Hash of the avatar image. */
  readonly avatar: string | null
  readonly locale?: string
  readonly email?: string | null
  readonly verified?: boolean
}

/** A Discord user; `subject` is the user id, which Discord never gives to somebody else. */
export interface DiscordIdentity extends Identity {
  readonly username: string
  readonly claims: DiscordClaims
}

/** A caller who signed in with Discord. */
export interface DiscordSession extends AuthSession {
  readonly identity: DiscordIdentity
}

/** The first ids were shorter than the 17 digits of today's: only digits, and few enough for 64 bits. */
const snowflake = z.string().check(z.regex(/^\d{1,20}$/))

/** Only what we judge by: documentation and practice differ about the rest of the application object. */
const currentAuthorization = z.object({
  application: z.object({ id: snowflake }),
  expires: z.string(),
  scopes: z.array(z.string()),
  user: z.optional(z.object({ id: snowflake })),
})

const currentUser = z.object({
  id: snowflake,
  username: z.string().check(z.minLength(1)),
  global_name: z.nullish(z.string()),
  avatar: z.nullish(z.string()),
  locale: z.optional(z.string()),
  email: z.nullish(z.string()),
  verified: z.optional(z.boolean()),
})

/**
 * Asks Discord whose access token this is. The token must have been issued to our own application: one that a
 * user gave to somebody else's application would otherwise sign that somebody in here as the user.
 * @throws {UpstreamError} `invalid_token` for a token of another application, an expired one, or one without
 * scope `identify`; `protocol` for an answer that is not Discord's; what {@link UpstreamApi.getJSON} throws
 * @see [Get Current Authorization Information](https://docs.discord.com/developers/topics/oauth2#get-current-authorization-information)
 */
export async function identifyDiscordUser(
  clientId: string,
  endpoints: DiscordEndpoints,
  tokens: UpstreamTokens,
  api: UpstreamApi,
): Promise<DiscordIdentity> {
  const authorization = parseAnswer(
    currentAuthorization,
    await api.getJSON(endpoints.currentAuthorization, tokens.accessToken),
  )
  if (authorization.application.id !== clientId) throw new UpstreamError('invalid_token')
  if (parseExpiry(authorization.expires) <= api.now()) throw new UpstreamError('invalid_token')
  if (!authorization.scopes.includes('identify')) throw new UpstreamError('invalid_token')

  // The user in the first answer is the public one: it has neither address nor language.
  const user = parseAnswer(currentUser, await api.getJSON(endpoints.currentUser, tokens.accessToken))
  if (authorization.user !== undefined && authorization.user.id !== user.id) throw new UpstreamError('protocol')
  const hasEmail = authorization.scopes.includes('email')
  return {
    subject: user.id,
    username: user.username,
    claims: {
      id: user.id,
      username: user.username,
      global_name: user.global_name ?? null,
      avatar: user.avatar ?? null,
      ...(user.locale === undefined ? {} : { locale: user.locale }),
      ...(hasEmail ? { email: user.email ?? null, verified: user.verified ?? false } : {}),
    },
  }
}

function parseAnswer<T extends z.ZodMiniType>(schema: T, body: unknown): z.output<T> {
  const parsed = schema.safeParse(body)
  if (!parsed.success) throw new UpstreamError('protocol', { cause: parsed.error })
  return parsed.data
}

/** Seconds since the epoch. Discord sends microseconds, and only milliseconds parse the same everywhere. */
function parseExpiry(expires: string): number {
  const milliseconds = Date.parse(expires.replace(/(\.\d{3})\d+/, '$1'))
  if (Number.isNaN(milliseconds)) throw new UpstreamError('protocol')
  return milliseconds / 1000
}
