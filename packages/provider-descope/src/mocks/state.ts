/** What the fake Descope remembers. @module */
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
export interface FakeDescopeRequest {
  readonly endpoint: FakeDescopeEndpoint
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Body parameters; {@link body} has them as sent. */
  readonly form: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Switches, to be set at any time. */
export interface FakeDescopeSettings {
  /** Id of the user who is signed in at Descope. */
  user: string
  /** The user says no. */
  deny: boolean
  /** Show a page with buttons instead of agreeing at once: for demos. */
  interactive: boolean
  /** Life of access tokens, in seconds. */
  expiresIn: number
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
  /** Runs after a request was logged and before anything happens: a place to wait in. */
  latency: ((request: FakeDescopeRequest) => Promise<void> | void) | undefined
}

/** A client. */
export interface FakeDescopeClient {
  readonly clientId: string
  /** Only for clients that were registered by hand: dynamic registration makes public ones. */
  readonly clientSecret?: string | undefined
  readonly redirectUris: readonly string[]
}

/** One request on its way through the fake. */
export interface FakeDescopeCall {
  readonly request: Request
  readonly url: URL
  readonly body: string
  readonly form: URLSearchParams
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
