/** What the fake Descope remembers. @module */
import type { FakeSettings, LoggedRequest, ReceivedRequest } from '@mcp-auth/core/mocks'
import type { FakeDescopeUser } from './bodies.ts'
import type { FakeSigner } from './signer.ts'

/** The places of the fake that tests tell apart. `refresh` is the token endpoint with a refresh token. */
export type FakeDescopeEndpoint =
  | 'metadata'
  | 'keys'
  | 'register'
  | 'authorize'
  | 'token'
  | 'refresh'
  | 'userinfo'
  | 'revoke'
  | 'unknown'

/** A request as the log keeps it; header names in lower case. */
export type FakeDescopeRequest = LoggedRequest<FakeDescopeEndpoint>

/** Switches, to be set at any time. */
export interface FakeDescopeSettings extends FakeSettings<FakeDescopeRequest> {
  /** Which issuer access tokens name. The one of the project was seen most. */
  tokenIssuer: 'project' | 'server'
  /** Which issuer the metadata of an MCP server name. Both were seen. */
  metadataIssuer: 'project' | 'server' | 'foreign'
  /** Whether `aud` holds the resource that was asked for. Not every project does that. */
  resourceAudience: boolean
  /** Whether a refresh gives a new refresh token. Both are possible. */
  rotatesRefreshTokens: boolean
  /** Scopes that may be asked for. */
  scopes: readonly string[]
}

/** A client. */
export interface FakeDescopeClient {
  readonly clientId: string
  /** Only for clients that were registered by hand: dynamic registration makes public ones. */
  readonly clientSecret?: string | undefined
  readonly redirectUris: readonly string[]
}

/** One request on its way through the fake. */
export interface FakeDescopeCall extends ReceivedRequest {
  /** Id of the MCP server in the path. */
  readonly serverId: string | undefined
}

/** What a user agreed to. */
export interface FakeDescopeGrant {
  readonly userId: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  /** Where it was asked for. */
  readonly serverId: string | undefined
}

/** An authorization code that nobody has used yet. */
interface FakeDescopeCode extends FakeDescopeGrant {
  readonly redirectUri: string
  readonly challenge: string
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

/** Shared by the endpoints. */
export interface FakeDescopeState {
  readonly projectId: string
  /** Origin of issuers and endpoints. */
  readonly baseUrl: string
  readonly settings: FakeDescopeSettings
  readonly users: Map<string, FakeDescopeUser>
  readonly clients: Map<string, FakeDescopeClient>
  readonly codes: Map<string, FakeDescopeCode>
  readonly accessTokens: Map<string, FakeDescopeGrant>
  readonly refreshTokens: Map<string, FakeDescopeGrant>
  readonly signer: FakeSigner
  /** Seconds since the epoch. */
  now(): number
  /** A fresh code or handle. */
  newHandle(): string
  /** Adds to the list of secrets. */
  remember(secret: string): string
}
