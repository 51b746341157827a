/** Sessions of callers whose tokens this server did not issue, or who have none. @module */
import { ConfigurationError } from '../errors.ts'
import { isSecureURL } from '../protocol/uri.ts'
import type { Identity } from '../provider.ts'
import type { AuthSession } from '../session.ts'
import type { VerifiedToken } from '../verifier.ts'
import type { ProtectedResourceDescription } from './context.ts'

/** Gives the Authorization header for a URL, or refuses. */
export type Forwarding = (token: string, url: string | URL) => string

/**
 * The allow-list of token passthrough: a URL is allowed at an entry and below it, on the same origin.
 * @throws {ConfigurationError} for an entry that is not https (or http on a loopback host)
 */
export function createForwarding(allowed: readonly string[] = []): Forwarding {
  const targets = allowed.map((entry) => {
    const url = URL.canParse(entry) ? new URL(entry) : undefined
    if (!url || !isSecureURL(url) || url.username !== '' || url.password !== '' || /[?#]/.test(entry)) {
      throw new ConfigurationError(
        'dangerouslyForwardTokenTo',
        'must hold https URLs (http on a loopback host) without user, query and fragment',
      )
    }
    return { origin: url.origin, path: url.pathname.replace(/\/$/, '') }
  })
  return (token, url) => {
    const { origin, pathname, username, password } = new URL(url)
    // A server may read an escaped slash or dot as one, some also twice, or `..;` as `..`, and so leave the folder.
    const isPlain = !/%(?:00|25|2e|2f|5c|c0|c1)|\\|\/\.\.?;/i.test(pathname) && username === '' && password === ''
    const isAllowed = targets.some(
      (target) => origin === target.origin && (pathname === target.path || pathname.startsWith(`${target.path}/`)),
    )
    if (isPlain && isAllowed && token !== '') return `Bearer ${token}`
    throw new TypeError(`the token may not be forwarded to ${origin}: dangerouslyForwardTokenTo does not name it`)
  }
}

/** Whom a verified token is about. */
export function identityOf({ subject, username, claims }: VerifiedToken): Identity {
  return { subject, claims, ...(username === undefined ? {} : { username }) }
}

/** The session of a token that was verified. */
export function toSession(
  verified: VerifiedToken,
  token: string,
  description: ProtectedResourceDescription,
  options: { readonly roles: readonly string[]; readonly forward: Forwarding },
): AuthSession {
  const { subject, clientId, scopes, expiresAt, issuer, username } = verified
  // The next request with this token must not find what a tool made of this one's.
  const roles = [...options.roles]
  return {
    token,
    clientId,
    scopes: [...scopes],
    expiresAt,
    resource: new URL(description.resource),
    resourceMetadataUrl: description.metadataURL,
    subject,
    roles,
    anonymous: false,
    identity: identityOf(verified),
    extra: {
      sub: subject,
      // Subjects are unique within their issuer only.
      ...(issuer === undefined ? {} : { iss: issuer }),
      ...(username === undefined ? {} : { username }),
      roles,
    },
    getUpstreamAccessToken: noUpstreamToken,
    forwardedAuthorization: (url) => options.forward(token, url),
  }
}

/** The session of a request without a token, where the gate lets it pass. */
export function anonymousSession(description: ProtectedResourceDescription): AuthSession {
  return {
    token: '',
    clientId: '',
    scopes: [],
    // As long as the request lasts: there is nothing that could end.
    expiresAt: Number.MAX_SAFE_INTEGER,
    resource: new URL(description.resource),
    resourceMetadataUrl: description.metadataURL,
    subject: '',
    roles: [],
    anonymous: true,
    identity: { subject: '', claims: {} },
    extra: { roles: [] },
    getUpstreamAccessToken: noUpstreamToken,
    forwardedAuthorization() {
      throw new TypeError('an anonymous session has no token to forward')
    },
  }
}

async function noUpstreamToken(): Promise<never> {
  throw new TypeError('this session has no upstream access token: its own token was not issued by this server')
}
