/** Redirect URIs: which may be registered, and which request matches — RFC 9700 §4.1, RFC 8252 §7. @module */
import { isLoopbackHostname, parsePlainURI } from './uri.ts'

/** Private-use schemes of known native clients that have no dot in them. */
export const knownPrivateUseSchemes: readonly string[] = [
  'cursor',
  'vscode',
  'vscode-insiders',
  'windsurf',
  'claude',
  'zed',
]

/** Never a redirect target, whatever a list says. */
const forbiddenSchemes: ReadonlySet<string> = new Set([
  'javascript',
  'data',
  'vbscript',
  'file',
  'blob',
  'about',
  'view-source',
  'filesystem',
  'ws',
  'wss',
  'ftp',
  'mailto',
  'tel',
])

/**
 * Whether a client may register this redirect URI: https, http on a loopback host, or a private-use scheme that
 * is listed or has the reverse-domain form of [RFC 8252 §7.1](https://www.rfc-editor.org/rfc/rfc8252#section-7.1).
 */
export function isRegistrableRedirectURI(
  value: string,
  privateUseSchemes: readonly string[] = knownPrivateUseSchemes,
): boolean {
  const url = parsePlainURI(value)
  if (!url || value.includes('#')) return false
  if (url.protocol === 'https:') return true
  if (url.protocol === 'http:') return isLoopbackHostname(url.hostname)
  const scheme = url.protocol.slice(0, -1)
  return !forbiddenSchemes.has(scheme) && (scheme.includes('.') || privateUseSchemes.includes(scheme))
}

const loopbackURI = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::\d{1,5})?((?:[/?].*)?)$/

/**
 * Whether a requested redirect URI is a registered one: the same string, or, for http on a loopback host, the
 * same but for the port, which a native client learns only when it starts.
 * @see [RFC 8252 §7.3](https://www.rfc-editor.org/rfc/rfc8252#section-7.3)
 */
export function matchesRedirectURI(requested: string, registered: string): boolean {
  if (requested === registered) return true
  const wanted = loopbackURI.exec(requested)
  const known = loopbackURI.exec(registered)
  if (wanted === null || known === null || wanted[1] !== known[1] || wanted[2] !== known[2]) return false
  // Five digits may still be no port.
  return URL.canParse(requested)
}

/** Whether a redirect URI leads to the user's own machine, where any program may listen. */
export function isLoopbackRedirectURI(value: string): boolean {
  const url = parsePlainURI(value)
  return url?.protocol === 'http:' && isLoopbackHostname(url.hostname)
}
