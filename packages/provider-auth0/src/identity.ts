/** Who signed in: the id_token of Auth0, verified. @module */
import { type AuthSession, type Identity, type UpstreamApi, UpstreamError, type UpstreamTokens } from '@mcp-auth/core'
import * as z from 'zod/mini'
import { readOwnAccessToken } from './access-token.ts'
import { readRoles, texts } from './claims.ts'
import type { ParsedAuth0Options } from './options.ts'

/**
 * What Auth0 says about the user, names as on the wire but for {@link roles}.
 * @see [ID token structure](https://auth0.com/docs/secure/tokens/id-tokens/id-token-structure)
 */
export type Auth0Claims = {
  /** Connection and id there: `google-oauth2|1234`. */
  readonly sub: string
  readonly name?: string | undefined
  readonly nickname?: string | undefined
  readonly email?: string | undefined
  /** An address counts only if this is `true`. */
  readonly email_verified?: boolean | undefined
  readonly picture?: string | undefined
  /** Organization the user signed in to. */
  readonly org_id?: string | undefined
  /** Roles of the `rolesClaim`, and permissions where they count as roles. */
  readonly roles: readonly string[]
  /** What the access token of the API permits, with `permissions: 'roles'`. */
  readonly permissions?: readonly string[]
}

/** A user of Auth0; `subject` is `sub`, which Auth0 never gives to somebody else. */
export interface Auth0Identity extends Identity {
  readonly claims: Auth0Claims
}

/** A caller who signed in with Auth0. */
export interface Auth0Session extends AuthSession {
  readonly identity: Auth0Identity
}

const userClaims = z.object({
  sub: z.string().check(z.minLength(1)),
  name: z.optional(z.string()),
  nickname: z.optional(z.string()),
  email: z.optional(z.string()),
  email_verified: z.optional(z.boolean()),
  picture: z.optional(z.string()),
  org_id: z.optional(z.string()),
})

/**
 * Verifies the `id_token`: signature, issuer, our client id, the nonce, and the organization where one is required.
 * @throws {UpstreamError} `invalid_token` for a token of another application or sign-in; `access_denied` for another
 * organization or none; `protocol` for one that breaks the protocol; `unavailable` without keys
 * @see [Validate ID tokens](https://auth0.com/docs/secure/tokens/id-tokens/validate-id-tokens), [Organizations](https://auth0.com/docs/manage-users/organizations/using-tokens)
 */
export async function identifyAuth0User(
  options: ParsedAuth0Options,
  tokens: UpstreamTokens,
  api: UpstreamApi,
): Promise<Auth0Identity> {
  if (tokens.idToken === undefined) throw new UpstreamError('protocol')
  const verified = await api.verifyIDToken(tokens.idToken, {
    issuer: options.issuer,
    clientId: options.clientId,
    jwksURI: options.jwksURI,
    nonce: api.nonce,
  })
  const parsed = userClaims.safeParse(verified)
  if (!parsed.success) throw new UpstreamError('protocol', { cause: parsed.error })
  const { organization } = options
  if (organization !== undefined && parsed.data.org_id !== organization) throw new UpstreamError('access_denied')
  const permissions = readPermissions(options, tokens.accessToken, parsed.data.sub)
  const roles = readRoles({ ...verified, permissions }, options)
  const username = parsed.data.nickname ?? parsed.data.name ?? parsed.data.email
  return {
    subject: parsed.data.sub,
    ...(username === undefined ? {} : { username }),
    claims: { ...parsed.data, roles, ...(permissions === undefined ? {} : { permissions }) },
  }
}

function readPermissions(
  { permissions, audience, issuer, clientId }: ParsedAuth0Options,
  accessToken: string,
  subject: string,
): readonly string[] | undefined {
  if (permissions === 'ignore' || audience === undefined) return undefined
  return texts(readOwnAccessToken(accessToken, { issuer, audience, clientId, subject })['permissions'])
}
