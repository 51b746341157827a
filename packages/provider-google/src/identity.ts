/** Whose tokens they are: the verified id_token at sign-in, userinfo whenever the user is looked up again. @module */
import { type AuthSession, type Identity, type UpstreamApi, UpstreamError, type UpstreamTokens } from '@mcp-auth/core'
import * as z from 'zod/mini'
import { idTokenIssuers } from './endpoints.ts'
import type { ParsedGoogleOptions } from './options.ts'

/**
 * What Google says about the user, names as on the wire.
 * @see [An ID token's payload](https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload)
 */
export type GoogleClaims = {
  /** "Unique among all Google accounts and never reused." */
  readonly sub: string
  /** Only if Google has verified it. It may change: never a key. */
  readonly email?: string
  /** There together with {@link email}. */
  readonly email_verified?: true
  readonly name?: string
  /** URL of the picture. */
  readonly picture?: string
  /** The Google Workspace domain of the user; absent for a private account. */
  readonly hd?: string
}

/** A Google user; `subject` is `sub`. */
export interface GoogleIdentity extends Identity {
  readonly claims: GoogleClaims
}

/** A caller who signed in with Google. */
export interface GoogleSession extends AuthSession {
  readonly identity: GoogleIdentity
}

const text = z.nullish(z.string())

const claimsAnswer = z.object({
  sub: z.string().check(z.regex(/^[\x21-\x7e]{1,255}$/)),
  email: text,
  // Some of Google's documents have it as text.
  email_verified: z.nullish(z.union([z.boolean(), z.literal('true'), z.literal('false')])),
  name: text,
  picture: text,
  hd: text,
})

/**
 * Finds out who the user is.
 * @throws {UpstreamError} `invalid_token` for an id_token of another application, sign-in, issuer or key;
 * `access_denied` for a user outside the hosted domain; `protocol` for an answer without a user;
 * what {@link UpstreamApi.getJSON} throws
 * @see [Validating an ID token](https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken)
 */
export async function identifyGoogleUser(
  options: Pick<ParsedGoogleOptions, 'clientId' | 'hostedDomain' | 'endpoints'>,
  tokens: UpstreamTokens,
  api: UpstreamApi,
): Promise<GoogleIdentity> {
  // A nonce means that this is a sign-in. Later the stored id_token is old news; userinfo is what Google says now.
  const answer =
    api.nonce === undefined
      ? await api.getJSON(options.endpoints.userinfo, tokens.accessToken)
      : await verifiedClaims(options, tokens, api, api.nonce)
  const parsed = claimsAnswer.safeParse(answer)
  if (!parsed.success) throw new UpstreamError('protocol', { cause: parsed.error })
  // `hd` in the request is a wish that the browser can change: only the claim counts.
  if (options.hostedDomain !== undefined && parsed.data.hd?.toLowerCase() !== options.hostedDomain) {
    throw new UpstreamError('access_denied')
  }
  return toIdentity(parsed.data)
}

async function verifiedClaims(
  { clientId, endpoints }: Pick<ParsedGoogleOptions, 'clientId' | 'endpoints'>,
  { idToken }: UpstreamTokens,
  api: UpstreamApi,
  nonce: string,
): Promise<unknown> {
  if (idToken === undefined) throw new UpstreamError('protocol')
  return await api.verifyIDToken(idToken, {
    issuer: (issuer) => idTokenIssuers.includes(issuer),
    clientId,
    jwksURI: endpoints.jwks,
    algorithms: ['RS256'],
    nonce,
  })
}

function toIdentity(answer: z.output<typeof claimsAnswer>): GoogleIdentity {
  const { sub, email, email_verified, name, picture, hd } = answer
  const isVerified = email_verified === true || email_verified === 'true'
  const address = isVerified && isPresent(email) ? email : undefined
  const username = address ?? (isPresent(name) ? name : undefined)
  return {
    subject: sub,
    ...(username === undefined ? {} : { username }),
    claims: {
      sub,
      ...(address === undefined ? {} : { email: address, email_verified: true }),
      ...(isPresent(name) ? { name } : {}),
      ...(isPresent(picture) ? { picture } : {}),
      ...(isPresent(hd) ? { hd } : {}),
    },
  }
}

function isPresent(value: string | null | undefined): value is string {
  return value !== null && value !== undefined && value !== ''
}
