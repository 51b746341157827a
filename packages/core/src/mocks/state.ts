/** What a fake identity provider (IdP) remembers. @module */
import type { FakeSettings } from './controls.ts'
import type { FakeIdPKeys } from './keys.ts'
import type { FakeIdPProfile } from './profile.ts'
import type { LoggedRequest, ReceivedRequest } from './received-request.ts'
import { generateSecret } from './secrets.ts'

/** A person with an account at the fake. */
export interface FakeIdPUser {
  /** `sub`; also the key in `FakeIdP.users`. */
  readonly subject: string
  /** What `id_token` and userinfo say besides `sub`, and what a profile's API makes its answers from. */
  readonly claims: Readonly<Record<string, unknown>>
}

/** A request as the log keeps it; header names in lower case. */
export interface FakeIdPRequest extends LoggedRequest {
  /** `authorize`, `token`, `refresh`, `revoke`, `userinfo`, `introspect`, `jwks`, `metadata`, `unknown`, or a name of the profile's. */
  readonly endpoint: string
  /** Without query. */
  readonly url: string
}

/** Switches, to be set at any time. */
export interface FakeIdPSettings extends FakeSettings<FakeIdPRequest> {
  /** Life of access tokens and `id_token`s, in seconds. */
  expiresIn: number
  /** Scopes that are asked for but not granted, as the IdP writes them. */
  withheldScopes: readonly string[]
  /** The IdP says that every token was issued to another application. */
  foreignApplication: boolean
  /** What the authorization response says in `iss`, [RFC 9207](https://www.rfc-editor.org/rfc/rfc9207). */
  issuer: 'right' | 'absent' | 'wrong'
}

/** One request on its way through the fake. */
export interface FakeIdPCall extends ReceivedRequest {
  readonly endpoint: string
}

/** What a user agreed to. */
export interface FakeIdPGrant {
  /** The same for every token that follows from one sign-in. */
  readonly id: string
  /** Key of the user. */
  readonly user: string
  readonly scopes: readonly string[]
  /** Seconds since the epoch; end of the access token. */
  readonly expiresAt: number
  /** Seconds since the epoch; when the user signed in. */
  readonly authenticatedAt: number
  /** Parameters of the authorization request; empty for tokens without a sign-in. */
  readonly parameters: Readonly<Record<string, string>>
}

/** Tokens as on the wire, [RFC 6749 §5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1). */
export interface FakeIdPTokens {
  readonly [member: string]: unknown
  readonly access_token: string
  readonly token_type: string
  /** Seconds. */
  readonly expires_in?: number
  readonly refresh_token?: string
  readonly scope?: string
  readonly id_token?: string
}

/** An authorization code that nobody has used yet. */
interface FakeIdPCode {
  readonly grant: Omit<FakeIdPGrant, 'expiresAt'>
  readonly redirectUri: string
  readonly challenge: string | undefined
  readonly expiresAt: number
}

/** Shared by the endpoints. */
export interface FakeIdPState {
  readonly issuer: string
  readonly clientId: string
  /** Empty for a public client. */
  readonly clientSecret: string
  readonly redirectUris: readonly string[] | undefined
  readonly settings: FakeIdPSettings
  readonly users: Map<string, FakeIdPUser>
  readonly codes: Map<string, FakeIdPCode>
  readonly accessTokens: Map<string, FakeIdPGrant>
  readonly refreshTokens: Map<string, FakeIdPGrant>
  readonly keys: FakeIdPKeys
  readonly profile: FakeIdPProfile
  /** Seconds since the epoch. */
  now(): number
  /** Notes that a token or code must stay secret. */
  remember(secret: string): void
}

/** The grant of a living access token whose user still exists. */
export function findGrant(state: FakeIdPState, accessToken: string): FakeIdPGrant | undefined {
  const grant = state.accessTokens.get(accessToken)
  return grant !== undefined && grant.expiresAt > state.now() && state.users.has(grant.user) ? grant : undefined
}

/** To whom the fake says its tokens were issued. */
export function applicationOf(state: FakeIdPState): string {
  return state.settings.foreignApplication ? (state.profile.foreignClientId ?? 'another-application') : state.clientId
}

/** A fresh code or token, remembered among the secrets. */
export function issueSecret(state: FakeIdPState, kind: 'access' | 'code' | 'refresh'): string {
  const secret = `${state.profile.secretPrefixes?.[kind] ?? ''}${generateSecret()}`
  state.remember(secret)
  return secret
}

/** base64url without padding. */
export function encodeBase64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}
