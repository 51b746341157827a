/** What a user configures, and the checks on it. @module */
import { ConfigurationError } from '@mcp-auth/core'
import { isProjectId, parseBaseURL, parseConfigURL } from './config-url.ts'
import { type DescopePlace, defaultBaseUrl, isSegment, type TenantIssuers } from './locations.ts'

/** Options of `descope()`. One of `projectId` and `configUrl` is needed. */
export interface DescopeOptions {
  /** Project id, `P…`, on the page Project of the [Descope console](https://app.descope.com/settings/project). */
  readonly projectId?: string | undefined
  /** API host: that of another region, or a custom domain. Default: `https://api.descope.com`. */
  readonly baseUrl?: string | undefined
  /**
   * Discovery URL of the MCP server (or of the project) as the console shows it, in place of the two others. A custom
   * domain whose URLs have no project id needs `projectId` besides.
   */
  readonly configUrl?: string | undefined
  /**
   * What `aud` must hold. Default: `'resource'`, the public URL of the MCP endpoint, which is what keeps the servers of
   * a project apart. An absolute URL: exactly that one, where Descope knows the server under another URL.
   *
   * `'project'`, or the project id itself, takes every token of the project: **also those that users gave to the other MCP servers and the other
   * applications of the project**. It is for projects whose tokens do not name the server. A token that names another
   * server is refused then as well.
   */
  readonly audience?: string | undefined
  /**
   * Tenants whose own issuer is taken (cross-app access): exact tenant ids, or `'any'` tenant of the project.
   * Default: none.
   */
  readonly tenantIssuers?: TenantIssuers | undefined
  /** Scopes to ask for when the server names none. Default: `['openid']`. Descope refuses what the project does not offer. */
  readonly scopes?: readonly string[] | undefined
  /** JWS algorithms. Default: `['RS256']`, the only one that Descope's metadata names. */
  readonly algorithms?: readonly string[] | undefined
}

/** Options after the checks, with every default filled in. */
export interface ParsedDescopeOptions {
  readonly place: DescopePlace
  /** `resource` and `project`, or a URL. */
  readonly audience: string
  readonly tenantIssuers: TenantIssuers
  readonly scopes: readonly string[]
  readonly algorithms: readonly string[]
}

/**
 * Checks the options once, at start.
 * @throws {ConfigurationError} naming the option and what would be right
 */
export function parseDescopeOptions(options: DescopeOptions): ParsedDescopeOptions {
  const { tenantIssuers = [], algorithms = ['RS256'] } = options
  const place = parsePlace(options)
  return {
    place,
    audience: parseAudience(options.audience ?? 'resource', place),
    tenantIssuers: parseTenantIssuers(tenantIssuers),
    scopes: parseScopes(options.scopes ?? ['openid']),
    algorithms: Object.freeze([...algorithms]),
  }
}

function parsePlace({ projectId, baseUrl, configUrl }: DescopeOptions): DescopePlace {
  if (projectId !== undefined && !isProjectId(projectId)) {
    throw new ConfigurationError('projectId', 'must be the project id of the Descope console: P and letters and digits')
  }
  const host = baseUrl === undefined ? undefined : parseBaseURL('baseUrl', baseUrl)
  const config = configUrl === undefined ? undefined : parseConfigURL(configUrl)
  if (config && host !== undefined && host !== config.baseUrl) {
    throw new ConfigurationError('baseUrl', `is not the host of configUrl, ${config.baseUrl}; leave baseUrl out`)
  }
  if (config?.projectId !== undefined && projectId !== undefined && projectId !== config.projectId) {
    throw new ConfigurationError('projectId', 'is not the project of configUrl; leave projectId out')
  }
  const id = config?.projectId ?? projectId
  if (id === undefined && config) {
    throw new ConfigurationError(
      'configUrl',
      'has no project id in its path, so that the project id must be set as well',
    )
  }
  if (id === undefined) {
    throw new ConfigurationError(
      'projectId',
      'is missing: set the project id (P…) of the Descope console, or configUrl',
    )
  }
  return Object.freeze({
    baseUrl: config?.baseUrl ?? host ?? defaultBaseUrl,
    projectId: id,
    ...(config?.serverId === undefined ? {} : { serverId: config.serverId }),
  })
}

function parseAudience(audience: string, { projectId }: DescopePlace): string {
  if (audience === 'resource' || audience === 'project') return audience
  if (audience === projectId) return 'project'
  if (typeof audience === 'string' && isAbsoluteURL(audience)) return audience
  throw new ConfigurationError(
    'audience',
    "must be 'resource', or the absolute URL under which Descope knows this server, or 'project', which takes tokens of every server of the project",
  )
}

function parseTenantIssuers(tenants: TenantIssuers): TenantIssuers {
  if (tenants === 'any') return tenants
  const list: unknown = tenants
  if (Array.isArray(list) && list.every((id) => typeof id === 'string' && isSegment(id))) {
    return Object.freeze([...tenants])
  }
  throw new ConfigurationError('tenantIssuers', "must be a list of tenant ids, such as ['T…'], or 'any'")
}

function parseScopes(scopes: readonly string[]): readonly string[] {
  const list: unknown = scopes
  const isScope = (scope: unknown): boolean => typeof scope === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)
  if (Array.isArray(list) && list.every(isScope)) return Object.freeze([...new Set(scopes)])
  throw new ConfigurationError('scopes', "must be a list of scopes, such as ['openid', 'profile']")
}

/** Whether a text is a URL with a scheme and a host. */
export function isAbsoluteURL(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) && URL.canParse(text)
}
