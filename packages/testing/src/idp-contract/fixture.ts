/** What an identity provider (IdP) package brings to the contract. @module */
import type { Identity, OAuthProxyProvider } from '@mcp-auth/core'

/** Ways in which a fake fails in the words of its IdP; those of `@mcp-auth/core/mocks`. */
export type IdPFault =
  | '400'
  | '401'
  | '429'
  | '500'
  | '503'
  | 'html'
  | 'garbage'
  | 'empty'
  | 'hang'
  | 'lost'
  | ((request: Request) => Response | Promise<Response>)

/** Switches of a fake, to be set at any time. */
export interface IdPFakeSettings {
  /** Key, in {@link IdPFake.users}, of the user who is signed in at the IdP. */
  user?: string
  /** The user says no. */
  deny?: boolean
  /** Life of access tokens, in seconds. */
  expiresIn?: number
  /** Scopes that are asked for but not granted, as the IdP writes them. */
  withheldScopes?: readonly string[]
  /** The IdP says that its tokens were issued to another application. */
  foreignApplication?: boolean
}

/**
 * A fake IdP and its controls. All but the credentials may be missing: the contract reads what it needs from the
 * traffic between the proxy and the IdP, and a case that cannot do without a control is reported as skipped.
 * The fakes of `@mcp-auth/core/mocks` and of the provider packages have them all.
 */
export interface IdPFake {
  readonly clientId: string
  readonly clientSecret: string
  /** The IdP's answer. Default: the global `fetch`, for an IdP that is mocked at the edge of the network. */
  fetch?(request: Request): Promise<Response>
  readonly settings?: IdPFakeSettings
  /** Users by key; entries are replaced, never changed. */
  readonly users?: Map<string, object>
  /** Codes and tokens issued so far. What the contract sees in the traffic it knows anyway. */
  readonly secrets?: readonly string[]
  /** Makes an endpoint (`token`, `refresh`) fail, for the next `times` requests or until {@link recover}. */
  fail?(endpoint: string, fault: IdPFault, times?: number): void
  /** Ends every failure. */
  recover?(): void
  /** Lets the requests that hang continue. */
  release?(): void
  /** The IdP forgets every access token. */
  dropAccessTokens?(): void
  /** The IdP forgets every refresh token. */
  dropRefreshTokens?(): void
}

/** What is known about the IdP beforehand. What is left out is not checked. */
export interface IdPExpectations {
  /** Who the signed-in user is. */
  readonly identity?: Pick<Identity, 'subject' | 'username'>
  /** Whether sign-ins give refresh tokens. */
  readonly issuesRefreshTokens?: boolean
  /** Whether a refresh token works once, and its answer brings the next one. */
  readonly rotatesRefreshTokens?: boolean
  /** `false` where the IdP has no way to tell to which application a token was issued. */
  readonly tellsApplication?: boolean
  /** `false` where users cannot grant less than was asked for. */
  readonly withholdsScopes?: boolean
}

/** A provider and a fake of its IdP, fresh for each case. */
export interface IdPFixture {
  readonly provider: OAuthProxyProvider
  readonly fake: IdPFake
  readonly expected?: IdPExpectations
  /** Texts of the fake's error answers that must never reach a client, besides its error descriptions. */
  readonly leakMarkers?: readonly string[]
  /** Ends what {@link CreateIdP} began, such as a mocked network. */
  close?(): void | Promise<void>
}

/** Surroundings of a fixture. */
export interface IdPSurroundings {
  /** Seconds since the epoch, under the control of the case: a fake whose tokens expire has to use it. */
  readonly now: () => number
}

/** Creates a fixture. */
export type CreateIdP = (surroundings: IdPSurroundings) => IdPFixture | Promise<IdPFixture>
