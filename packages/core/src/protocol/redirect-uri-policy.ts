/** Which redirect URIs a server lets clients register: structured patterns, and presets for known clients. @module */
import { isRegistrableRedirectURI, knownPrivateUseSchemes } from './redirect-uri.ts'
import { isLoopbackHostname } from './uri.ts'

/** A set of redirect URIs, by their parts: never a pattern over the whole text. */
export interface RedirectURIPattern {
  /** Without the colon: `https`, `http`, `cursor`. */
  readonly scheme: string
  /** Exact host name, without port; `loopback` takes its three spellings. `{ domain }` also takes every name below it. */
  readonly host: string | { readonly domain: string }
  /** Exact port; `any`; default: no explicit port, or for `loopback` any. */
  readonly port?: number | 'any'
  /**
   * Exact path; `{ prefix }` also takes plainly written paths below it; default: any. Only where any path is taken
   * may a query follow.
   */
  readonly path?: string | { readonly prefix: string }
}

/** The policy for clients that register themselves. */
export interface RedirectURIPolicy {
  /** Only redirect URIs inside one of these. Default: every URI that is safe in itself. */
  readonly allowed?: readonly RedirectURIPattern[] | undefined
  /** Private-use schemes without a dot that native clients may use. Default: those of known clients. */
  readonly privateUseSchemes?: readonly string[] | undefined
}

/** A test for redirect URIs, from a policy. */
export function createRedirectURITest(policy: RedirectURIPolicy = {}): (uri: string) => boolean {
  const { allowed, privateUseSchemes = knownPrivateUseSchemes } = policy
  return (uri) =>
    isRegistrableRedirectURI(uri, privateUseSchemes) &&
    (allowed === undefined || allowed.some((pattern) => matchesPattern(new URL(uri), pattern)))
}

function matchesPattern(url: URL, pattern: RedirectURIPattern): boolean {
  return (
    url.protocol === `${pattern.scheme}:` &&
    matchesHost(url, pattern) &&
    matchesPort(url, pattern) &&
    matchesPath(url, pattern)
  )
}

function matchesHost({ hostname }: URL, { host }: RedirectURIPattern): boolean {
  if (host === 'loopback') return isLoopbackHostname(hostname)
  if (typeof host === 'string') return hostname === host
  return hostname === host.domain || hostname.endsWith(`.${host.domain}`)
}

function matchesPort(url: URL, { host, port = host === 'loopback' ? 'any' : undefined }: RedirectURIPattern): boolean {
  return port === 'any' || url.port === (port === undefined ? '' : String(port))
}

function matchesPath({ pathname, href }: URL, { path }: RedirectURIPattern): boolean {
  if (path === undefined) return true
  if (href.includes('?')) return false
  if (typeof path === 'string') return pathname === path
  const prefix = path.prefix.endsWith('/') ? path.prefix : `${path.prefix}/`
  // Nothing below the prefix that some server could take for a way out of it: `..;/`, `%2e%2e%2f`.
  return pathname === path.prefix || (pathname.startsWith(prefix) && /^[\w.~/-]*$/.test(pathname.slice(prefix.length)))
}

const https = (host: string, path: RedirectURIPattern['path']): RedirectURIPattern =>
  path === undefined ? { scheme: 'https', host } : { scheme: 'https', host, path }

const loopback = (path?: string): RedirectURIPattern =>
  path === undefined ? { scheme: 'http', host: 'loopback' } : { scheme: 'http', host: 'loopback', path }

/**
 * Redirect URIs of known clients, as observed in November 2026. Clients change: the date is part of the fact.
 * Sources: [Claude](https://claude.com/docs/connectors/building/authentication),
 * [ChatGPT](https://developers.openai.com/apps-sdk/build/auth), [Cursor](https://cursor.com/docs/context/mcp),
 * [VS Code](https://code.visualstudio.com/api/extension-guides/ai/mcp), [Inspector](https://github.com/modelcontextprotocol/inspector),
 * [mcp-remote](https://github.com/geelen/mcp-remote), [opencode](https://opencode.ai/docs/mcp-servers),
 * [Claude Code](https://code.claude.com/docs/en/mcp), [Codex](https://github.com/openai/codex),
 * [Gemini CLI](https://github.com/google-gemini/gemini-cli).
 */
export const redirectURIPresets: Readonly<Record<KnownClient, readonly RedirectURIPattern[]>> = {
  claude: [https('claude.ai', '/api/mcp/auth_callback'), https('claude.com', '/api/mcp/auth_callback')],
  claudeCode: [loopback('/callback')],
  chatgpt: [
    https('chatgpt.com', { prefix: '/connector/oauth' }),
    https('chatgpt.com', '/connector_platform_oauth_redirect'),
  ],
  codex: [loopback()],
  cursor: [
    { scheme: 'cursor', host: 'anysphere.cursor-mcp', path: '/oauth/callback' },
    https('www.cursor.com', '/agents/mcp/oauth/callback'),
    loopback('/callback'),
  ],
  vscode: [https('vscode.dev', '/redirect'), https('insiders.vscode.dev', '/redirect'), loopback('/')],
  inspector: [loopback('/oauth/callback'), loopback('/oauth/callback/debug')],
  mcpRemote: [loopback('/oauth/callback')],
  gemini: [loopback('/oauth/callback')],
  opencode: [loopback('/mcp/oauth/callback'), loopback('/callback')],
  loopback: [loopback()],
}

/** Clients that {@link redirectURIPresets} knows. */
export type KnownClient =
  | 'claude'
  | 'claudeCode'
  | 'chatgpt'
  | 'codex'
  | 'cursor'
  | 'vscode'
  | 'inspector'
  | 'mcpRemote'
  | 'gemini'
  | 'opencode'
  | 'loopback'

/** Hosts of the known clients whose id is the URL of their metadata, for `clientIdMetadata.allowedHosts`. */
export const knownClientIdHosts: readonly string[] = [
  'claude.ai',
  'chatgpt.com',
  'vscode.dev',
  'opencode.ai',
  'zed.dev',
]
