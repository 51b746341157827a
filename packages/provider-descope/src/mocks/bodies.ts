/** Bodies of Descope's answers. Names and shapes are those of its OpenAPI description; ids, names and values are made up. @module */
import { type DescopePlace, keysURL, projectIssuer, serverIssuer } from '../locations.ts'
import type { FakeDescopeSettings } from './state.ts'

/** A user of the fake. */
export interface FakeDescopeUser {
  readonly id: string
  readonly name: string
  readonly email: string
  /** Roles in the project. */
  readonly roles: readonly string[]
  readonly permissions: readonly string[]
  /** By tenant id. */
  readonly tenants: Readonly<
    Record<string, { readonly roles: readonly string[]; readonly permissions: readonly string[] }>
  >
  /** The tenant the user is acting in. */
  readonly currentTenant?: string | undefined
}

/** Two users to start from. */
export const fakeUsers: { readonly nelly: FakeDescopeUser; readonly wumpus: FakeDescopeUser } = {
  nelly: {
    id: 'U2FakeNelly000000000000000000',
    name: 'Nelly',
    email: 'nelly@example.com',
    roles: ['viewer'],
    permissions: ['read'],
    tenants: {
      T2FakeGarden00000000000000000: { roles: ['editor'], permissions: ['docs.write'] },
      T2FakeTesters0000000000000000: { roles: [], permissions: [] },
    },
  },
  wumpus: {
    id: 'U2FakeWumpus00000000000000000',
    name: 'Wumpus',
    email: 'wumpus@example.com',
    roles: ['admin'],
    permissions: ['read', 'write'],
    tenants: {},
  },
}

/** What a metadata document depends on. */
export interface MetadataRequest extends DescopePlace {
  readonly settings: Pick<FakeDescopeSettings, 'metadataIssuer' | 'scopes'>
}

/**
 * Metadata of the project, or of an MCP server. The lists of grants and of authentication methods are assumed.
 * @see [Discovery URL](https://docs.descope.com/agentic-identity-hub/mcp-servers/discovery-url)
 */
export function metadataBody(request: MetadataRequest): Readonly<Record<string, unknown>> {
  const { baseUrl, projectId, serverId, settings } = request
  const place = serverId === undefined ? projectId : `agentic/${projectId}/${serverId}`
  const registration = serverId === undefined ? `inboundapp/app/${projectId}` : `mcp/client/${projectId}/${serverId}`
  return {
    issuer: namedIssuer(request),
    jwks_uri: keysURL(request),
    authorization_endpoint: `${baseUrl}/oauth2/v1/apps/${place}/authorize`,
    token_endpoint: `${baseUrl}/oauth2/v1/apps/${place}/token`,
    // Only the project has these two.
    userinfo_endpoint: `${baseUrl}/oauth2/v1/apps/${projectId}/userinfo`,
    revocation_endpoint: `${baseUrl}/oauth2/v1/apps/${projectId}/revoke`,
    registration_endpoint: `${baseUrl}/v1/mgmt/${registration}/register`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic', 'none'],
    scopes_supported: settings.scopes,
    claims_supported: ['iss', 'aud', 'iat', 'exp', 'sub', 'name', 'email'],
    // Off unless it is turned on in the console.
    client_id_metadata_document_supported: false,
  }
}

function namedIssuer(request: MetadataRequest): string {
  const { metadataIssuer } = request.settings
  if (metadataIssuer === 'foreign') return 'https://descope.example/v1/apps/P2ForeignProject0000000000000'
  return (metadataIssuer === 'server' ? serverIssuer(request) : undefined) ?? projectIssuer(request)
}

/** Answer of the userinfo endpoint; that its members are flat is assumed. */
export function userinfoBody(user: FakeDescopeUser): Readonly<Record<string, unknown>> {
  return { sub: user.id, name: user.name, email: user.email, email_verified: true, phone_number: '', picture: '' }
}

/** A client as dynamic registration answers: with status 200, where RFC 7591 has 201. */
export function registrationBody(client: {
  readonly clientId: string
  readonly metadata: Readonly<Record<string, unknown>>
  /** Seconds since the epoch. */
  readonly issuedAt: number
}): Readonly<Record<string, unknown>> {
  const { client_name, redirect_uris, scope } = client.metadata
  return {
    client_id: client.clientId,
    ...(client_name === undefined ? {} : { client_name }),
    redirect_uris,
    client_id_issued_at: Math.floor(client.issuedAt),
    client_secret_expires_at: 0,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    ...(scope === undefined ? {} : { scope }),
  }
}
