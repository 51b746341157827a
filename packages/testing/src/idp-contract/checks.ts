/** What several cases ask. @module */
import { type IssuerMetadata, OAuthError, type UpstreamEndpoints } from '@mcp-auth/core'
import { expect } from 'vitest'
import {
  browse,
  type ClientTokens,
  comeBack,
  goToIdP,
  type Return,
  refresh,
  type SignInOptions,
  sessionOf,
} from './client.ts'
import type { Skip } from './contract-case.ts'
import type { IdPFake } from './fixture.ts'
import { type Lab, type LabAnswer, upstreamSeconds } from './lab.ts'
import { answerOf, type Exchange } from './transport.ts'

/** A control of the fake, or the case is skipped. */
export function control<Name extends keyof IdPFake>(lab: Lab, skip: Skip, name: Name): NonNullable<IdPFake[Name]> {
  const { [name]: found } = lab.fake
  return found ?? skip(`the fake has no ${name}`)
}

/** The switches of the fake, one of which has to be there, or the case is skipped. */
export function settings<Name extends keyof NonNullable<IdPFake['settings']>>(
  lab: Lab,
  skip: Skip,
  name: Name,
): NonNullable<IdPFake['settings']> {
  const found = lab.fake.settings
  return found !== undefined && name in found ? found : skip(`the fake has no settings.${name}`)
}

/** The last request to an endpoint that was answered. */
export function last(lab: Lab, endpoint: Exchange['endpoint']): Exchange {
  const found = lab.transport.to(endpoint).at(-1)
  if (!found) throw new Error(`the IdP got no ${endpoint} request`)
  return found
}

/** The tokens the IdP issued last, whoever asked for them. */
export function lastIssued(lab: Lab): Readonly<Record<string, unknown>> {
  const issued = lab.transport.exchanges.map(answerOf).filter((answer) => typeof answer['access_token'] === 'string')
  return issued.at(-1) ?? {}
}

/** Goes on only with an IdP that issues refresh tokens. */
export function needsRefreshTokens(lab: Lab, skip: Skip): void {
  if (typeof lastIssued(lab)['refresh_token'] === 'string') return
  expect(lab.expected?.issuesRefreshTokens, 'the IdP issued a refresh token').not.toBe(true)
  skip('the IdP issues no refresh tokens')
}

/** Makes the IdP say that its next tokens live {@link upstreamSeconds}, where the fake has no setting for that. */
export function shortenTokens(lab: Lab): void {
  if (lab.fake.settings?.expiresIn !== undefined) return
  rewriteTokens(lab, { expires_in: upstreamSeconds })
}

/** Changes members of what the IdP answers at its token endpoint; `undefined` leaves one out. */
export function rewriteTokens(lab: Lab, members: Readonly<Record<string, unknown>>): void {
  for (const endpoint of ['token', 'refresh'] as const) {
    lab.transport.intercept(endpoint, async (_exchange, ask) => {
      const response = await ask()
      const text = await response.text()
      const body: unknown = /^\s*\{/.test(text) ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text))
      const isTokens = typeof body === 'object' && body !== null && 'access_token' in body
      if (!isTokens) return new Response(text, { status: response.status, headers: response.headers })
      return Response.json({ ...body, ...members }, { status: response.status })
    })
  }
}

/** The token a tool gets for the IdP. */
export async function toolToken(lab: Lab, tokens: ClientTokens, rejected?: string): Promise<string> {
  const session = await sessionOf(lab, tokens)
  return await session.getUpstreamAccessToken(rejected === undefined ? {} : { rejected })
}

/** Why an operation was refused, in the words of core: `upstream_unavailable 503`. */
export async function refusalOf(operation: Promise<unknown>): Promise<string> {
  try {
    await operation
    return 'no refusal'
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    return `${error.reason} ${error.status}`
  }
}

/** What tells a client to come back instead of signing in again. */
export function expectTryLater(answer: LabAnswer): void {
  expect([answer.status, answer.text], 'D9 503').toEqual([503, expect.stringContaining('temporarily_unavailable')])
  expect(answer.headers.get('retry-after'), 'D9 Retry-After').toMatch(/^([1-9]|[1-5]\d|60)$/)
  expect(answer.headers.get('www-authenticate'), 'D9 no challenge').toBeNull()
}

/** Status and code of an answer: `200`, `400 invalid_grant`. */
export function outcome(answer: LabAnswer): string {
  return answer.status < 400 ? String(answer.status) : `${answer.status} ${String(answer.json()['error'])}`
}

/** Refreshes the client's tokens and gives the outcome. */
export async function refreshOutcome(lab: Lab, tokens: ClientTokens): Promise<string> {
  return outcome(await refresh(lab, tokens))
}

/** A sign-in that has to end with an error for the client, and its parameters. */
export async function failedSignIn(lab: Lab, back?: Return, options: SignInOptions = {}): Promise<URLSearchParams> {
  const parameters = await comeBack(lab, back ?? (await goToIdP(lab, options)))
  expect(parameters.get('code'), 'no code for the client').toBeNull()
  expect(parameters.get('error'), 'an error for the client').toMatch(/^[a-z_]+$/)
  expect(parameters.get('iss')).toBe(lab.auth.metadata.authorizationServer.issuer)
  expect(parameters.get('state')).toMatch(/^client-state-/)
  return parameters
}

/** Loads the callback of a sign-in and expects a page instead of a redirect. */
export async function refusedCallback(lab: Lab, back: Return): Promise<void> {
  const answer = await browse(lab, back.cookies, back.callbackURL)
  expect(answer.status, 'a page that refuses').toBeGreaterThanOrEqual(400)
  expect(answer.status).toBeLessThan(500)
  expect(answer.location).toBeUndefined()
}

/** Why grants ended, in order. */
export function revocations(lab: Lab): string[] {
  return lab.events.flatMap((event) => (event.type === 'grant.revoked' ? [event.reason] : []))
}

/** What calls to the IdP came to, in order. */
export function failures(lab: Lab): string[] {
  return lab.events.flatMap((event) => (event.type === 'upstream.failed' ? [event.kind] : []))
}

/** Where the IdP is, as the provider says or finds out. */
export async function endpointsOf(lab: Lab): Promise<UpstreamEndpoints> {
  const { provider, transport } = lab
  if (!('discover' in provider)) return provider
  return await provider.discover({ discover: async (issuer) => await discoverVia(transport, issuer) })
}

async function discoverVia({ fetch }: Lab['transport'], issuer: string): Promise<IssuerMetadata> {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const places = [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ]
  for (const place of places) {
    const response = await fetch(place, { headers: { accept: 'application/json' } })
    if (response.ok) return (await response.json()) as IssuerMetadata
  }
  throw new Error(`no metadata of ${issuer}`)
}

/** A scope as the IdP writes it. */
export function upstreamScope({ provider }: Lab, scope: string): string {
  return provider.toUpstreamScope?.(scope) ?? scope
}
