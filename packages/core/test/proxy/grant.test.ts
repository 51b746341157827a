import { describe, expect, it } from 'vitest'
import type { RevocationReason } from '../../src/events.ts'
import {
  activateGrant,
  type CodeDecision,
  judgeCode,
  judgeRefreshToken,
  type PresentedCode,
  type PresentedRefreshToken,
  type RefreshDecision,
  revokeGrant,
} from '../../src/proxy/grant.ts'
import type { GrantRecord } from '../../src/proxy/records.ts'
import type { RefusalReason } from '../../src/refusals.ts'
import { issued, newGrant, now, rotatedGrant } from '../support/grants.ts'

function equal(a: string, b: string): boolean {
  return a === b
}

const code: PresentedCode = {
  clientId: 'client',
  hash: 'code-hash',
  challenge: 'challenge',
  redirectURI: 'https://app.example/cb',
  resources: [],
}

function refuse(reason: RefusalReason): { kind: 'refuse'; reason: RefusalReason } {
  return { kind: 'refuse', reason }
}

function revoke(
  reason: RefusalReason,
  because: RevocationReason,
): { kind: 'revoke'; reason: RefusalReason; because: RevocationReason } {
  return { kind: 'revoke', reason, because }
}

describe('judgeCode', () => {
  const unspent = newGrant()
  const active = activateGrant(newGrant({ refreshHash: 'current', refreshUntil: now + 3600 }))
  const other = 'https://app.example/other-registered'

  it.each<readonly [string, GrantRecord | undefined, Partial<PresentedCode>, number, CodeDecision]>([
    ['C1 redeems an unspent code', unspent, {}, now, { kind: 'redeem' }],
    ['A106 redeems without a redirect URI', unspent, { redirectURI: undefined }, now, { kind: 'redeem' }],
    [
      'A049 redeems with the same resource',
      unspent,
      { resources: ['https://rs.example/mcp'] },
      now,
      { kind: 'redeem' },
    ],
    ['A050 redeems with a slash more', unspent, { resources: ['https://RS.example/mcp/'] }, now, { kind: 'redeem' }],
    ['A107 redeems in the last moment', unspent, {}, now + 59.9, { kind: 'redeem' }],
    ['A107 refuses when the code ends', unspent, {}, now + 60, refuse('code_invalid')],
    ['refuses what it does not know', undefined, {}, now, refuse('code_invalid')],
    ['refuses another secret of a known grant', unspent, { hash: 'guess' }, now, refuse('code_invalid')],
    ['A105 C4 refuses another client', unspent, { clientId: 'other' }, now, refuse('code_invalid')],
    [
      'C4 refuses another client with all the rest wrong too',
      unspent,
      { clientId: 'other', challenge: 'x' },
      now,
      refuse('code_invalid'),
    ],
    [
      'C6 A106 refuses another registered redirect URI',
      unspent,
      { redirectURI: other },
      now,
      refuse('redirect_uri_mismatch'),
    ],
    [
      'C6 A106 refuses a redirect URI that differs by a slash',
      unspent,
      { redirectURI: 'https://app.example/cb/' },
      now,
      refuse('redirect_uri_mismatch'),
    ],
    [
      'C7 A049 refuses another resource',
      unspent,
      { resources: ['https://rs.example/other'] },
      now,
      refuse('resource_mismatch'),
    ],
    [
      'C7 A049 refuses a second resource',
      unspent,
      { resources: ['https://rs.example/mcp', 'https://b.example'] },
      now,
      refuse('resource_mismatch'),
    ],
    [
      'A022 B4 ends the grant for a wrong verifier of its owner',
      unspent,
      { challenge: 'x' },
      now,
      revoke('code_verifier_mismatch', 'code_verifier_mismatch'),
    ],
    ['A108 C1 ends the grant for a replay by its owner', active, {}, now, revoke('code_invalid', 'code_replayed')],
    [
      'A108 C1 ends the grant for a replay after the code would have ended',
      active,
      {},
      now + 3600,
      revoke('code_invalid', 'code_replayed'),
    ],
    [
      'A108 ends the grant for a replay with a wrong verifier',
      active,
      { challenge: 'x' },
      now,
      revoke('code_invalid', 'code_replayed'),
    ],
    ['C4 lets no other client end a grant by a replay', active, { clientId: 'other' }, now, refuse('code_invalid')],
    ['lets nobody end a grant who guesses at its code', active, { hash: 'guess' }, now, refuse('code_invalid')],
    [
      'refuses the code of a grant that is over',
      revokeGrant(active, 'client_request'),
      {},
      now,
      refuse('code_invalid'),
    ],
  ])('%s', (_name, grant, over, at, decision) => {
    expect(judgeCode(grant, { ...code, ...over }, at, equal)).toEqual(decision)
  })

  it('C5 compares code and challenge by the comparison it is given, which takes constant time', () => {
    const compared: [string, string][] = []
    judgeCode(unspent, code, now, (a, b) => {
      compared.push([a, b])
      return true
    })
    expect(compared).toEqual([
      ['code-hash', 'code-hash'],
      ['challenge', 'challenge'],
    ])
  })
})

describe('judgeRefreshToken', () => {
  const grant = rotatedGrant()
  const current: PresentedRefreshToken = { clientId: 'client', hash: 'current', scopes: [], resources: [] }
  const previous: Partial<PresentedRefreshToken> = { hash: 'previous' }
  const older: Partial<PresentedRefreshToken> = { hash: 'older' }
  const rotate = (scopes: readonly string[]): RefreshDecision => ({ kind: 'rotate', scopes })
  const retry: RefreshDecision = { kind: 'retry', scopes: grant.scopes, issued }
  const reuse = revoke('refresh_token_invalid', 'refresh_token_reused')
  const invalid = refuse('refresh_token_invalid')
  const graceOf = (over: object): GrantRecord =>
    rotatedGrant({ grace: { hash: 'previous', scope: '', until: now + 30, issued, ...over } })
  // The successor was used: its own rotation replaced the grace.
  const successorUsed = rotatedGrant({
    refreshHash: 'third',
    grace: { hash: 'current', scope: '', until: now + 30, issued: { tokenId: 'third', issuedAt: now } },
  })

  it.each<readonly [string, GrantRecord | undefined, Partial<PresentedRefreshToken>, number, RefreshDecision]>([
    ['A091 rotates the current token', grant, {}, now, rotate(['identify', 'guilds'])],
    ['A092 C8 rotates for a narrower scope', grant, { scopes: ['guilds'] }, now, rotate(['guilds'])],
    ['A092 C8 refuses a wider scope', grant, { scopes: ['identify', 'email'] }, now, refuse('scope_exceeds_grant')],
    ['A092 C8 refuses another scope', grant, { scopes: ['email'] }, now, refuse('scope_exceeds_grant')],
    [
      'C7 rotates for the same resource',
      grant,
      { resources: ['https://rs.example/mcp/'] },
      now,
      rotate(['identify', 'guilds']),
    ],
    [
      'C7 refuses another resource',
      grant,
      { resources: ['https://b.example'] },
      now,
      refuse('refresh_resource_mismatch'),
    ],
    ['A094 C4 refuses another client', grant, { clientId: 'other' }, now, invalid],
    ['C4 lets no other client end a grant by reuse', grant, { clientId: 'other', ...older }, now, invalid],
    ['refuses what it does not know', undefined, {}, now, invalid],
    ['rotates in the last moment of the token', grant, {}, now + 3599.9, rotate(['identify', 'guilds'])],
    ['refuses when the token ends', grant, {}, now + 3600, invalid],
    [
      'refuses when the grant ends, though the token would live on',
      rotatedGrant({ expiresAt: now + 5 }),
      {},
      now + 5,
      invalid,
    ],
    ['refuses a grant that is over', revokeGrant(grant, 'client_request'), {}, now, invalid],
    [
      'refuses a grant whose code is unspent',
      newGrant({ refreshHash: 'current', refreshUntil: now + 60 }),
      {},
      now,
      invalid,
    ],
    ['A095 refuses a grant that never had a refresh token', newGrant({ state: 'active' }), {}, now, invalid],
    ['A098 C3 answers a retry in the grace with the same answer', grant, previous, now, retry],
    ['C3 answers a retry in the last moment of the grace', grant, previous, now + 29.9, retry],
    ['A093 C3 ends the grant for reuse when the grace is over', grant, previous, now + 30, reuse],
    ['A093 C3 ends the grant for reuse long after', grant, previous, now + 3000, reuse],
    ['A093 C3 ends the grant for reuse in the grace once the successor was used', successorUsed, previous, now, reuse],
    [
      'C3 answers a retry of the successor, whose grace it is now',
      successorUsed,
      {},
      now,
      { kind: 'retry', scopes: grant.scopes, issued: { tokenId: 'third', issuedAt: now } },
    ],
    ['A093 C3 ends the grant for a token rotated away earlier', grant, older, now, reuse],
    ['C3 ends the grant for any reuse when the grace is 0 seconds', graceOf({ until: now }), previous, now, reuse],
    [
      'C3 ends the grant for reuse when there is no grace',
      newGrant({ state: 'active', refreshHash: 'current', refreshUntil: now + 60 }),
      previous,
      now,
      reuse,
    ],
    [
      'C3 refuses a retry for a narrower scope, and leaves the grant alone',
      grant,
      { ...previous, scopes: ['guilds'] },
      now,
      invalid,
    ],
    ['C3 refuses a retry without the scope of the first request', graceOf({ scope: 'guilds' }), previous, now, invalid],
    [
      'C3 answers a retry with the scope of the first request',
      graceOf({ scope: 'guilds' }),
      { ...previous, scopes: ['guilds'] },
      now,
      { kind: 'retry', scopes: ['guilds'], issued },
    ],
    [
      'C8 refuses a retry for a wider scope',
      grant,
      { ...previous, scopes: ['email'] },
      now,
      refuse('scope_exceeds_grant'),
    ],
    ['C4 refuses a retry of another client', grant, { ...previous, clientId: 'other' }, now, invalid],
    [
      'C7 refuses a retry for another resource',
      grant,
      { ...previous, resources: ['https://b.example'] },
      now,
      refuse('refresh_resource_mismatch'),
    ],
  ])('%s', (_name, record, over, at, decision) => {
    expect(judgeRefreshToken(record, { ...current, ...over }, at, equal)).toEqual(decision)
  })
})

describe('activateGrant', () => {
  it('keeps of the code only by what its replay is known, and all the rest', () => {
    const { code: _code, ...rest } = newGrant()
    expect(activateGrant(newGrant())).toEqual({ ...rest, state: 'active', codeHash: 'code-hash' })
  })
})

describe('revokeGrant', () => {
  it('leaves nothing in the record that could still be used, and keeps why', () => {
    const over = revokeGrant(rotatedGrant(), 'refresh_token_reused')
    expect(over).toMatchObject({ state: 'revoked', revokedBecause: 'refresh_token_reused', clientId: 'client' })
    for (const secret of [
      'upstream-token',
      'upstream-refresh',
      'challenge',
      'current',
      'previous',
      'last',
      'last-refresh-token',
    ]) {
      expect(JSON.stringify(over)).not.toContain(`"${secret}"`)
    }
    expect(over).not.toHaveProperty('refreshHash')
    expect(over).not.toHaveProperty('grace')
  })

  it('does not change the record it was given', () => {
    const before = rotatedGrant()
    revokeGrant(before, 'client_request')
    expect(before).toEqual(rotatedGrant())
  })
})
