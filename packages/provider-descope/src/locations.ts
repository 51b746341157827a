/** Where a Descope project is, and which issuers are its own. @module */

/** The API of projects in the United States, which is the default. */
export const defaultBaseUrl = 'https://api.descope.com'

/** One project, and one of its MCP servers if it is known. */
export interface DescopePlace {
  /** Origin of the API, without a slash at the end. */
  readonly baseUrl: string
  readonly projectId: string
  /** Id of the MCP server at Descope: opaque, since its prefix is not documented. */
  readonly serverId?: string | undefined
}

/**
 * The issuer of the project. Its tokens may come from any client and any MCP server of the project.
 * @see [OpenID Connect endpoints](https://docs.descope.com/getting-started/oidc-endpoints)
 */
export function projectIssuer({ baseUrl, projectId }: DescopePlace): string {
  return `${baseUrl}/v1/apps/${projectId}`
}

/**
 * The issuer of one MCP server.
 * @see [Discovery URL](https://docs.descope.com/agentic-identity-hub/mcp-servers/discovery-url)
 */
export function serverIssuer({ baseUrl, projectId, serverId }: DescopePlace): string | undefined {
  return serverId === undefined ? undefined : `${baseUrl}/v1/apps/agentic/${projectId}/${serverId}`
}

/** The public keys: one set for the project and all of its MCP servers. */
export function keysURL({ baseUrl, projectId }: DescopePlace): string {
  return `${baseUrl}/${projectId}/.well-known/jwks.json`
}

/**
 * Where the metadata of an issuer is. Descope appends: the places that RFC 8414 asks for, between host and path, are
 * not there.
 */
export function metadataURLs(issuer: string): readonly string[] {
  return ['oauth-authorization-server', 'openid-configuration'].map((suffix) => `${issuer}/.well-known/${suffix}`)
}

/** Which tenants of a project may be issuers of their own. */
export type TenantIssuers = 'any' | readonly string[]

/**
 * Judges `iss`: the project, the one MCP server, and tenants as far as they are allowed. Every segment is compared as a
 * whole, so that what only begins like one of these is refused.
 */
export function createIssuerCheck(place: DescopePlace, tenants: TenantIssuers): (issuer: string) => boolean {
  const project = projectIssuer(place)
  const own: readonly (string | undefined)[] = [project, serverIssuer(place)]
  const isTenant = tenants === 'any' ? isSegment : (id: string): boolean => tenants.includes(id)
  return (issuer) => {
    if (own.includes(issuer)) return true
    return issuer.startsWith(`${project}/`) && isTenant(issuer.slice(project.length + 1))
  }
}

/** One path segment that needs no escape. */
export function isSegment(text: string): boolean {
  return /^[A-Za-z0-9_-][A-Za-z0-9._~-]{0,127}$/.test(text)
}
