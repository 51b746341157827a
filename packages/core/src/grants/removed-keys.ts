/** What the operator is told of tokens that a removed key made. The client is answered as for any other bad token. @module */
import { platform } from '#platform'
import type { KeyRing } from '../keys/key-ring.ts'
import { unknownKeyOf } from '../protocol/jwt.ts'
import type { StoreReports } from '../stores/store-reports.ts'
import type { GrantRepository } from './grant-repository.ts'
import { grantNamedByRefreshToken } from './handles.ts'

/** Where tokens are looked into. */
export interface RemovedKeysContext {
  readonly issuer: string
  readonly keys: () => Promise<KeyRing>
  readonly grants: Pick<GrantRepository, 'find'>
  readonly reports: Pick<StoreReports, 'unknownKey'>
  /** Seconds since the epoch. */
  readonly now: () => number
}

/** Tells of an access token that names an unknown key. */
export async function reportAccessToken(
  { issuer, keys, reports, now }: Omit<RemovedKeysContext, 'grants'>,
  token: string,
): Promise<void> {
  const keyId = unknownKeyOf(token, { issuer, keys: (await keys()).verificationKeys, now: now() })
  if (keyId !== undefined) reports.unknownKey('access_token', keyId)
}

/**
 * Tells of a refresh token whose authentication code no key of the ring made. The code names no key, so its grant is
 * looked up: mostly the same key sealed that one, and reading it tells; where it was sealed anew, it knows the token.
 */
export async function reportRefreshToken(
  { grants, reports }: Pick<RemovedKeysContext, 'grants' | 'reports'>,
  token: string,
): Promise<void> {
  const grantId = grantNamedByRefreshToken(token)
  if (grantId === undefined) return
  // The answer is the same whether or not the store can be asked.
  const stored = await grants.find(grantId).catch(() => undefined)
  const { state, refreshHash = '' } = stored?.grant ?? {}
  if (state === 'active' && platform.equal(refreshHash, await platform.sha256(token)))
    reports.unknownKey('refresh_token')
}
