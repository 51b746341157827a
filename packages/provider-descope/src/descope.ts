/** Descope as the authorization server of an MCP server. @module */
import {
  type IssuerMetadata,
  jwtVerifier,
  OAuthError,
  type RemoteOAuthProvider,
  UpstreamError,
  type VerifierTools,
} from '@mcp-auth/core'
import { readDescopeClaims } from './claims.ts'
import {
  createIssuerCheck,
  type DescopePlace,
  keysURL,
  metadataURLs,
  projectIssuer,
  serverIssuer,
} from './locations.ts'
import { type DescopeOptions, isAbsoluteURL, parseDescopeOptions } from './options.ts'

type Claims = Readonly<Record<string, unknown>>

/**
 * Verifies access tokens that Descope issued, and says where MCP clients get them.
 * @throws {ConfigurationError} for options that cannot work
 * @see [MCP servers in Descope](https://docs.descope.com/agentic-identity-hub/mcp-servers)
 * @example
 * const auth = createRemoteOAuth({ baseUrl, provider: descope({ projectId }) })
 */
export function descope(options: DescopeOptions): RemoteOAuthProvider {
  const { place, audience, tenantIssuers, scopes, algorithms } = parseDescopeOptions(options)
  const { projectId } = place
  const project = projectIssuer(place)
  // Tokens may carry either, whatever the metadata say.
  const issuers: readonly [string, ...string[]] = [serverIssuer(place) ?? project, project]
  const provider: RemoteOAuthProvider = {
    name: 'descope',
    displayName: 'Descope',
    issuers: Object.freeze<readonly [string, ...string[]]>(issuers[0] === project ? [project] : issuers),
    scopes,
    createVerifier: jwtVerifier({
      issuer: issuers,
      isIssuer: createIssuerCheck(place, tenantIssuers),
      jwksURI: keysURL(place),
      algorithms,
      ...(audience === 'resource' ? {} : { audience: audience === 'project' ? projectId : audience }),
      // Other URLs are judged by `check`, which knows our own.
      toleratedAudiences: (value, { azp }) =>
        value === projectId || value === azp || (audience === 'project' && isAbsoluteURL(value)),
      check(claims, resource) {
        refuseOtherKinds(claims)
        if (audience === 'project') refuseOtherServers(claims, resource)
      },
      mapClaims(claims) {
        const typed = readDescopeClaims(claims)
        return { claims: typed, roles: typed.roles }
      },
    }),
    describe: async (tools, signal) => await describeDescope(place, tools, signal),
  }
  return Object.freeze(provider)
}

/**
 * `drn` is the kind of token: DS for sessions and access tokens, DSR for refresh tokens. Not every token has one.
 * @throws {OAuthError}
 */
function refuseOtherKinds({ drn }: Claims): void {
  if (drn !== undefined && drn !== 'DS') throw new OAuthError('token_invalid')
}

/**
 * A token of the project that names a server is for that server.
 * @throws {OAuthError}
 */
function refuseOtherServers({ aud }: Claims, resource: string): void {
  const named = [aud].flat().filter((value) => typeof value === 'string' && isAbsoluteURL(value))
  if (named.some((url) => url !== resource)) throw new OAuthError('token_invalid')
}

/**
 * The metadata of the MCP server, or of the project where Descope has none for the server. While Descope cannot be
 * reached there is no other document to be had in place of the right one.
 * @throws {UpstreamError}
 */
async function describeDescope(
  place: DescopePlace,
  tools: VerifierTools,
  signal: AbortSignal | undefined,
): Promise<IssuerMetadata> {
  const project = projectIssuer(place)
  const server = serverIssuer(place)
  const ask = async (issuer: string): Promise<IssuerMetadata> =>
    await tools.discover(issuer, {
      urls: metadataURLs(issuer),
      // Both were seen in the document of one server.
      accepts: (named) => named === project || named === server,
      signal,
    })
  if (server === undefined) return await ask(project)
  try {
    return await ask(server)
  } catch (error) {
    if (!isAbsent(error)) throw error
    return await ask(project)
  }
}

/** Whether Descope says that there is no such document, which has the status of a refusal. */
function isAbsent(error: unknown): boolean {
  return error instanceof UpstreamError && error.kind === 'protocol' && (error.status ?? 200) >= 400
}
