/** Reading the discovery URL that Descope's console shows. @module */
import { ConfigurationError } from '@mcp-auth/core'
import { type DescopePlace, defaultBaseUrl, isSegment } from './locations.ts'

/** What a discovery URL says; a custom domain may say nothing but the domain. */
export type ConfigURL = Pick<DescopePlace, 'baseUrl' | 'serverId'> & { readonly projectId?: string | undefined }

const wellKnown = /\/\.well-known\/(?:openid-configuration|oauth-authorization-server)(?=\/|$)/
const help =
  'copy the discovery URL of the MCP server from the Descope console, ' +
  `such as ${defaultBaseUrl}/v1/apps/agentic/<project id>/<server id>/.well-known/openid-configuration`

/**
 * Takes a discovery URL apart: of an MCP server or of a project, with or without its well-known suffix and slashes.
 * @throws {ConfigurationError} for a URL that is none of Descope's forms
 * @see [Discovery URL](https://docs.descope.com/agentic-identity-hub/mcp-servers/discovery-url)
 */
export function parseConfigURL(configUrl: string): ConfigURL {
  const url = parseSecureURL('configUrl', configUrl, help)
  const path = url.pathname.replace(wellKnown, '').replaceAll(/\/+$/g, '')
  const [, ...segments] = path.split('/')
  const baseUrl = parseBaseURL('configUrl', url.origin)
  if (segments.length === 0) return { baseUrl }
  const [first, second, third, fourth, fifth, ...more] = segments
  const isApps = first === 'v1' && second === 'apps'
  if (isApps && third === 'agentic' && isProjectId(fourth) && isServerId(fifth) && more.length === 0) {
    return { baseUrl, projectId: fourth, serverId: fifth }
  }
  if (isApps && isProjectId(third) && fourth === undefined) return { baseUrl, projectId: third }
  // Where the console's user applications are, with the same keys.
  if (isProjectId(first) && second === undefined) return { baseUrl, projectId: first }
  throw new ConfigurationError('configUrl', `has no project id where one must be; ${help}`)
}

/**
 * An API host, as an origin.
 * @throws {ConfigurationError}
 */
export function parseBaseURL(option: string, value: string): string {
  const help = `must be ${defaultBaseUrl}, the API host of another region (https://api.<region>.descope.com) or your custom domain`
  const url = parseSecureURL(option, value, help)
  if (url.pathname !== '/') throw new ConfigurationError(option, `must have no path; ${help}`)
  // The console and the documentation answer at neighbouring names, but not these questions.
  if (/(?:^|\.)descope\.com$/.test(url.hostname) && !/^api\.(?:[a-z0-9-]+\.)?descope\.com$/.test(url.hostname)) {
    throw new ConfigurationError(option, `${url.hostname} is not an API host of Descope; ${help}`)
  }
  return url.origin
}

/** Project ids begin with P; nothing else about them is documented. */
export function isProjectId(text: unknown): text is string {
  return typeof text === 'string' && /^P[A-Za-z0-9]{10,60}$/.test(text)
}

function isServerId(text: string | undefined): text is string {
  return text !== undefined && isSegment(text)
}

function parseSecureURL(option: string, value: string, help: string): URL {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  if (!url) throw new ConfigurationError(option, `must be an absolute URL: ${help}`)
  const isLoopback = url.hostname === 'localhost' || url.hostname === '127.0.0.1' || url.hostname === '[::1]'
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback)) {
    throw new ConfigurationError(option, 'must begin with https://; http:// is for a loopback address only')
  }
  if (url.username !== '' || url.password !== '' || /[?#]/.test(value)) {
    throw new ConfigurationError(option, 'must have no user name, query or fragment')
  }
  return url
}
