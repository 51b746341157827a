/** From whatever a handler was given to the session in it. @module */
import type { AuthSession } from '../session.ts'

/** Clocks of the gates that let sessions pass. */
const clocks = new WeakMap<AuthSession, () => number>()

/** From now on {@link getAuthSession} refuses the session once it has ended. `now` gives seconds since the epoch. */
export function bindClock<Session extends AuthSession>(session: Session, now: () => number): Session {
  clocks.set(session, now)
  return session
}

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
    /** Seconds since the epoch. Default: by the clock of the gate that let the session pass. */
    readonly now?: number
  } = {},
): Session {
  const session = findAuthSession(source)
  if (!session) {
    throw new TypeError('there is no auth session: put requireBearerAuth(auth) in front of what serves this request')
  }
  if (session.anonymous)
    throw new TypeError('nobody is signed in: the session is anonymous; require a login with requireAuth')
  const { now = clocks.get(session)?.() } = options
  if (now !== undefined && !(session.expiresAt > now)) {
    throw new TypeError(
      `the auth session has ended: its access token expired at ${session.expiresAt} (seconds since the epoch)`,
    )
  }
  return session as Session
}

/** Places where handlers of the frameworks and SDKs find a session. */
const places = ['auth', 'authInfo', 'session'] as const

/** The session in what a handler was given, whoever it is, or `undefined`. */
export function findAuthSession(source: unknown): AuthSession | undefined {
  const holders = [source, isObject(source) ? Reflect.get(source, 'http') : undefined].filter(isObject)
  const candidates = holders.flatMap((holder) => [
    holder,
    ...places.map((place): unknown => Reflect.get(holder, place)),
  ])
  return candidates.find(isAuthSession)
}

/** Nothing that came out of JSON is one: a function is asked for, so that no client can send a session. */
function isAuthSession(value: unknown): value is AuthSession {
  return (
    isObject(value) &&
    'subject' in value &&
    'identity' in value &&
    'getUpstreamAccessToken' in value &&
    typeof value.getUpstreamAccessToken === 'function'
  )
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/**
 * Whose session this is, as one text to compare: user, client and, where there are several, issuer. An id of an MCP
 * session or a state handle proves nothing by itself; keep the owner with it, and compare on every request.
 * @example
 * createRequestStateCodec({ key, bind: (context) => sessionOwner(getAuthSession(context)) })
 */
export function sessionOwner({
  subject,
  clientId,
  extra,
}: Pick<AuthSession, 'subject' | 'clientId' | 'extra'>): string {
  return JSON.stringify([extra['iss'] ?? null, subject, clientId])
}
