/** Grants to judge. @module */
import type { GrantRecord, IssuedTokens } from '../../src/proxy/records.ts'

/** The moment the grants below are judged at, seconds since the epoch. */
export const now = 1_700_000_000

/** A grant whose code is unspent; `over` changes members. */
export function newGrant(over: Partial<GrantRecord> = {}): GrantRecord {
  return {
    version: 1,
    state: 'code',
    clientId: 'client',
    scopes: ['identify', 'guilds'],
    resource: 'https://rs.example/mcp',
    identity: { subject: 'user', claims: {} },
    upstream: { accessToken: 'upstream-token', refreshToken: 'upstream-refresh' },
    codeHash: 'code-hash',
    code: { challenge: 'challenge', redirectURI: 'https://app.example/cb', expiresAt: now + 60 },
    refreshable: true,
    expiresAt: now + 86_400,
    ...over,
  }
}

/** The tokens of the last answer. */
export const issued: IssuedTokens = { tokenId: 'last', issuedAt: now - 1, refreshToken: 'last-refresh-token' }

/** A grant whose refresh token `previous` was rotated into `current` a moment ago. */
export function rotatedGrant(over: Partial<GrantRecord> = {}): GrantRecord {
  return newGrant({
    state: 'active',
    refreshHash: 'current',
    refreshUntil: now + 3600,
    grace: { hash: 'previous', scope: '', until: now + 30, issued },
    ...over,
  })
}
