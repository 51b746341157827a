/** What the fake Discord remembers. @module */
import { type FakeSettings, generateSecret, type LoggedRequest } from '@mcp-auth/core/mocks'
import type { FakeDiscordTokens, FakeDiscordUser } from './bodies.ts'

/** The places of the fake that tests tell apart. `refresh` is the token endpoint with a refresh token. */
export type FakeDiscordEndpoint =
  | 'authorize'
  | 'token'
  | 'refresh'
  | 'revoke'
  | 'currentAuthorization'
  | 'currentUser'
  | 'guilds'
  | 'member'
  | 'metadata'
  | 'unknown'

/** A request as the log keeps it; header names in lower case. */
export type FakeDiscordRequest = LoggedRequest<FakeDiscordEndpoint>

/** Switches, to be set at any time. */
export interface FakeDiscordSettings extends FakeSettings<FakeDiscordRequest> {
  /** Scopes that are asked for but not granted. */
  withheldScopes: readonly string[]
  /** Discord says that every token was issued to another application. */
  foreignApplication: boolean
  /** What the answer of the authorization page says in `iss`. */
  issuer: 'right' | 'absent' | 'wrong'
}

/** What a user agreed to. */
export interface FakeDiscordGrant {
  readonly userId: string
  readonly scopes: readonly string[]
  /** Seconds since the epoch; end of the access token. */
  readonly expiresAt: number
}

/** An authorization code that nobody has used yet. */
interface FakeDiscordCode {
  readonly userId: string
  readonly scopes: readonly string[]
  readonly redirectUri: string
  readonly challenge: string | undefined
  readonly expiresAt: number
}

/** Shared by the endpoints. One application, so that "every token of user and application" is every token of the user. */
export interface FakeDiscordState {
  readonly clientId: string
  readonly clientSecret: string
  readonly redirectUris: readonly string[] | undefined
  readonly settings: FakeDiscordSettings
  readonly users: Map<string, FakeDiscordUser>
  readonly codes: Map<string, FakeDiscordCode>
  readonly accessTokens: Map<string, FakeDiscordGrant>
  readonly refreshTokens: Map<string, FakeDiscordGrant>
  /** Seconds since the epoch. */
  now(): number
  /** A fresh code or token, remembered in the list of secrets. */
  issueSecret(): string
}

/** Issues a pair of tokens. */
export function issueTokens(state: FakeDiscordState, userId: string, scopes: readonly string[]): FakeDiscordTokens {
  const { expiresIn } = state.settings
  const grant = { userId, scopes, expiresAt: state.now() + expiresIn }
  const access_token = state.issueSecret()
  const refresh_token = state.issueSecret()
  state.accessTokens.set(access_token, grant)
  state.refreshTokens.set(refresh_token, grant)
  return { access_token, token_type: 'Bearer', expires_in: expiresIn, refresh_token, scope: scopes.join(' ') }
}

const lettersAndDigits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Thirty letters and digits, as Discord's codes and tokens have. */
export function generateRandomSecret(): string {
  return generateSecret(30, lettersAndDigits)
}
