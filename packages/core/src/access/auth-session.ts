/** From whatever a handler was given to the session in it. @module */
import type { AuthSession } from '../session.ts'

/**
 * The session of a caller who is signed in: of a session, of the `AuthInfo` that the MCP SDK hands to tools, or of an
 * object that holds either as `auth`, `authInfo`, `session` or (SDK v2) `http.authInfo`.
 * @typeParam Session what the provider package says its sessions hold, such as `DiscordSession`
 * @throws {TypeError} naming what is missing; an anonymous or ended session is none
 * @example
 * const { subject, getUpstreamAccessToken } = getAuthSession<DiscordSession>(context)
 */
export function getAuthSession<Session extends AuthSession = AuthSession>(
  source: unknown,
  options: {
    /** Seconds since the epoch; where it is given, a session that has ended is refused. */
    readonly now?: number
  } = {},
): Session {
  const session = findSession(source)
  if (!session) {
    throw new TypeError('there is no auth session: put requireBearerAuth(auth) in front of what serves this request')
  }
  if (session.anonymous)
    throw new TypeError('nobody is signed in: the session is anonymous; require a login with requireAuth')
  if (options.now !== undefined && session.expiresAt <= options.now) {
    throw new TypeError(
      `the auth session has ended: its access token expired at ${session.expiresAt} (seconds since the epoch)`,
    )
  }
  return session as Session
}

/** Places where handlers of the frameworks and SDKs find a session; searched one level deep, `http` two. */
const places = ['auth', 'authInfo', 'session', 'http'] as const

function findSession(source: unknown): AuthSession | undefined {
  if (typeof source !== 'object' || source === null) return undefined
  if (isAuthSession(source)) return source
  for (const place of places) {
    const found: unknown = Reflect.get(source, place)
    if (isAuthSession(found)) return found
    if (place === 'http' && found !== source) return findSession(found)
  }
  return undefined
}

function isAuthSession(value: unknown): value is AuthSession {
  return (
    typeof value === 'object' &&
    value !== null &&
    'subject' in value &&
    'identity' in value &&
    'getUpstreamAccessToken' in value
  )
}
