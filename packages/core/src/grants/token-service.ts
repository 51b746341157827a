/** Grants and the tokens issued from them: begin, redeem, refresh, revoke. @module */
import { platform } from '#platform'
import { OAuthError } from '../errors.ts'
import type { AuthEvent, RevocationReason } from '../events.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { AuthorizationRequest } from '../protocol/authorization-request.ts'
import { signAccessToken } from '../protocol/jwt.ts'
import { formatScope } from '../protocol/scope.ts'
import type { TokenRequest } from '../protocol/token-request.ts'
import { buildTokenResponse } from '../protocol/token-response.ts'
import { activateGrant, judgeCode, judgeRefreshToken } from '../proxy/grant.ts'
import type { Lifetimes } from '../proxy/lifetimes.ts'
import { type GrantRecord, type IssuedTokens, recordVersion } from '../proxy/records.ts'
import type { StoreReports } from '../stores/store-reports.ts'
import type { UpstreamLogin } from '../upstream/upstream-client.ts'
import { createBacklog } from './backlog.ts'
import type { GrantRepository, StoredGrant } from './grant-repository.ts'
import { grantOfCode, grantOfRefreshToken, newCode, newRefreshToken, randomId } from './handles.ts'
import { reportRefreshToken } from './removed-keys.ts'
import type { SubjectIndex } from './subject-index.ts'
import type { UpstreamAccess } from './upstream-access.ts'

/** Issues tokens. Answers are the JSON texts of token responses. */
export interface TokenService {
  /** Records a completed sign-in and returns the authorization code for it. */
  begin(
    request: AuthorizationRequest,
    scopes: readonly string[],
    login: UpstreamLogin,
    refreshable: boolean,
  ): Promise<string>
  /** @throws {OAuthError} `code_invalid` and the other reasons of {@link judgeCode} */
  redeem(clientId: string, request: Extract<TokenRequest, { grant_type: 'authorization_code' }>): Promise<string>
  /** @throws {OAuthError} `refresh_token_invalid` and the other reasons of {@link judgeRefreshToken} */
  refresh(clientId: string, request: Extract<TokenRequest, { grant_type: 'refresh_token' }>): Promise<string>
  /** Ends a grant and tells about it. Resolves to the record it had, or `undefined` when it was over. */
  revoke(grantId: string, because: RevocationReason): Promise<GrantRecord | undefined>
  /** Resolves when the store has all that it did not take before. */
  flush(): Promise<void>
}

/** What {@link createTokenService} needs. */
export interface TokenServiceOptions {
  readonly issuer: string
  readonly grants: GrantRepository
  readonly upstreamAccess: UpstreamAccess
  /** Absent where nobody needs to know the grants of a user. */
  readonly subjects: SubjectIndex | undefined
  readonly keys: () => Promise<KeyRing>
  readonly reports: StoreReports
  readonly lifetimes: Lifetimes
  readonly now: () => number
  readonly emit: (event: AuthEvent) => void
}

/** Each round of the refresh loop means that another request changed the grant in between. */
const maxRounds = 20

/** Creates the service. */
export function createTokenService(options: TokenServiceOptions): TokenService {
  const { grants, lifetimes, now, emit } = options

  const tell = (
    grant: GrantRecord,
    event:
      | { type: 'token.issued'; scope: string }
      | { type: 'token.refreshed'; scope: string; retried: boolean }
      | { type: 'grant.revoked'; reason: RevocationReason },
  ): void => {
    emit({ time: now() * 1000, clientId: grant.clientId, subject: grant.identity.subject, ...event })
  }

  const issue = async (grantId: string, { refreshable }: GrantRecord): Promise<IssuedTokens> => {
    const issued = { tokenId: randomId(), issuedAt: Math.floor(now()) }
    return refreshable ? { ...issued, refreshToken: await newRefreshToken(grantId, await options.keys()) } : issued
  }

  /** The same tokens give the same answer again, to the byte where signatures of the key are deterministic. */
  const answer = async (
    grantId: string,
    grant: GrantRecord,
    scopes: readonly string[],
    { tokenId, issuedAt, refreshToken }: IssuedTokens,
  ): Promise<string> => {
    const exp = Math.min(issuedAt + lifetimes.accessToken, Math.floor(grant.expiresAt))
    const claims = {
      iss: options.issuer,
      aud: grant.resource,
      sub: grant.identity.subject,
      client_id: grant.clientId,
      scope: formatScope(scopes),
      iat: issuedAt,
      exp,
      jti: tokenId,
      sid: grantId,
    }
    const accessToken = await signAccessToken(claims, (await options.keys()).signingKey)
    return JSON.stringify(buildTokenResponse({ accessToken, expiresIn: exp - issuedAt, refreshToken, scopes }))
  }

  /** Members of a grant that belong to the refresh token just issued. */
  const current = async (
    grant: GrantRecord,
    { refreshToken }: IssuedTokens,
  ): Promise<Pick<GrantRecord, 'refreshHash' | 'refreshUntil'>> => {
    if (refreshToken === undefined) return {}
    const refreshUntil = Math.min(now() + lifetimes.refreshToken, grant.expiresAt)
    return { refreshHash: await platform.sha256(refreshToken), refreshUntil }
  }

  const revoke = async (grantId: string, because: RevocationReason): Promise<GrantRecord | undefined> => {
    const before = await grants.revoke(grantId, because)
    if (before) tell(before, { type: 'grant.revoked', reason: because })
    return before
  }

  /** The grace begins when the client can be answered, however long the store was away. */
  const beginGrace = async (grantId: string, tokenId: string): Promise<void> => {
    await grants.update(grantId, (grant) => {
      const { grace } = grant
      const isMeant = grace?.issued.tokenId === tokenId
      return isMeant ? { ...grant, grace: { ...grace, until: now() + lifetimes.refreshGrace } } : undefined
    })
    unanswered.settle(grantId)
  }
  // Tokens that nobody got, since the store did not say whether it has them: by the id of the access token.
  const unanswered = createBacklog(beginGrace)

  const rotate = async (
    stored: StoredGrant,
    hash: string,
    scopes: readonly string[],
    asked: readonly string[],
  ): Promise<string | undefined> => {
    const { id, grant } = stored
    const issued = await issue(id, grant)
    const body = await answer(id, grant, scopes, issued)
    const grace = { hash, scope: formatScope(asked), until: now() + lifetimes.refreshGrace, issued }
    try {
      if (!(await grants.replace(stored, { ...grant, ...(await current(grant, issued)), grace }))) return undefined
    } catch (error) {
      unanswered.keep(id, issued.tokenId)
      throw error
    }
    tell(grant, { type: 'token.refreshed', scope: formatScope(scopes), retried: false })
    return body
  }

  return {
    revoke,
    flush: unanswered.flush,
    async begin(request, scopes, login, refreshable) {
      const grantId = randomId()
      const code = newCode(grantId)
      const codeExpiresAt = now() + lifetimes.code
      const grant: GrantRecord = {
        version: recordVersion,
        state: 'code',
        clientId: request.client_id,
        scopes,
        resource: request.resource,
        identity: login.identity,
        upstream: login.tokens,
        codeHash: await platform.sha256(code),
        code: { challenge: request.code_challenge, redirectURI: request.redirect_uri, expiresAt: codeExpiresAt },
        refreshable,
        expiresAt: now() + lifetimes.grant,
      }
      // Noted before the grant lives: a note without a grant does no harm, a grant without a note would.
      await options.subjects?.add(grantId, grant, codeExpiresAt)
      await grants.add(grantId, grant)
      return code
    },

    async redeem(clientId, request) {
      const grantId = grantOfCode(request.code)
      const stored = grantId === undefined ? undefined : await grants.find(grantId)
      const presented = {
        clientId,
        hash: await platform.sha256(request.code),
        challenge: await platform.sha256(request.code_verifier),
        redirectURI: request.redirect_uri,
        resources: request.resources,
      }
      const decision = judgeCode(stored?.grant, presented, now(), platform.equal)
      if (decision.kind === 'revoke' && stored) await revoke(stored.id, decision.because)
      if (decision.kind !== 'redeem') throw new OAuthError(decision.reason)
      if (!stored) throw new OAuthError('code_invalid')
      const { id, grant } = stored
      const issued = await issue(id, grant)
      // Whatever can fail comes before the code is spent.
      const body = await answer(id, grant, grant.scopes, issued)
      await options.subjects?.add(id, grant, grant.expiresAt)
      // Whoever changes the record first has spent the code; everybody else comes too late.
      if (!(await grants.replace(stored, { ...activateGrant(grant), ...(await current(grant, issued)) }))) {
        throw new OAuthError('code_invalid')
      }
      tell(grant, { type: 'token.issued', scope: formatScope(grant.scopes) })
      return body
    },

    async refresh(clientId, request) {
      const grantId = await grantOfRefreshToken(request.refresh_token, await options.keys())
      if (grantId === undefined) {
        await reportRefreshToken(options, request.refresh_token)
        throw new OAuthError('refresh_token_invalid')
      }
      const hash = await platform.sha256(request.refresh_token)
      const presented = { clientId, hash, scopes: request.scopes, resources: request.resources }
      const waiting = unanswered.get(grantId)
      if (waiting !== undefined) await beginGrace(grantId, waiting)
      let stored = await grants.find(grantId)
      let revalidated = false
      for (let round = 0; round < maxRounds; round += 1) {
        const decision = judgeRefreshToken(stored?.grant, presented, now(), platform.equal)
        if (decision.kind === 'revoke') await revoke(grantId, decision.because)
        if (decision.kind === 'revoke' || decision.kind === 'refuse' || !stored) {
          throw new OAuthError('reason' in decision ? decision.reason : 'refresh_token_invalid')
        }
        if (decision.kind === 'retry') {
          tell(stored.grant, { type: 'token.refreshed', scope: formatScope(request.scopes), retried: true })
          return await answer(grantId, stored.grant, decision.scopes, decision.issued)
        }
        if (revalidated) {
          const body = await rotate(stored, hash, decision.scopes, request.scopes)
          if (body !== undefined) return body
          stored = await grants.find(grantId)
        } else {
          // Judged once more after it, since the IdP took its time. Who changes the grant meanwhile makes the swap fail.
          const hasChanged = await revalidate(options.upstreamAccess, grantId, stored.grant)
          if (hasChanged) stored = await grants.find(grantId)
          revalidated = true
        }
      }
      throw new OAuthError('store_unavailable', { retryAfterSeconds: 1 })
    },
  }
}

/** At the token endpoint a grant that the IdP ended is an invalid refresh token. */
async function revalidate(upstreamAccess: UpstreamAccess, grantId: string, grant: GrantRecord): Promise<boolean> {
  try {
    return await upstreamAccess.revalidate(grantId, grant)
  } catch (cause) {
    const ended = cause instanceof OAuthError && cause.reason === 'grant_revoked'
    throw ended ? new OAuthError('refresh_token_invalid', { cause }) : cause
  }
}
