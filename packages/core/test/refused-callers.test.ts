import { describe, expect, it } from 'vitest'
import { OAuthError } from '../src/errors.ts'
import type { AuthEvent } from '../src/events.ts'
import type { AuthenticateOptions } from '../src/handlers/protected-resource.ts'
import { call, login, revoke, type Tokens, wordOf } from './outage/support/client.ts'
import { createWorld, type Process, startProcess, type World } from './outage/support/world.ts'
import { baseUrl } from './providers/support/lab.ts'

async function setScene(): Promise<{ world: World; at: Process; tokens: Tokens; caller: Partial<AuthEvent> }> {
  const world = createWorld()
  const at = startProcess(world)
  const tokens = await login(world, at)
  const session = await at.auth.verifyAccessToken(tokens.accessToken)
  const { subject } = session
  expect(subject).not.toBe('')
  return { world, at, tokens, caller: { subject, clientId: tokens.clientId } }
}

async function ask(at: Process, accessToken: string, options: AuthenticateOptions = {}): Promise<void> {
  const headers = { authorization: `Bearer ${accessToken}` }
  const answer = await at.auth.authenticate(new Request(`${baseUrl}/mcp`, { method: 'POST', headers }), options)
  expect(answer).toBeInstanceOf(Response)
}

function refused(at: Process): Partial<AuthEvent>[] {
  return at.events.filter(({ type }) => type === 'request.refused').map(({ time: _time, ...event }) => event)
}

describe('the event of a refused request', () => {
  const base = { type: 'request.refused', endpoint: 'resource' }

  it('C10 names who called with a token that was revoked', async () => {
    const { at, tokens, caller } = await setScene()
    await revoke(tokens)(at)
    expect(await wordOf(await call(tokens)(at))).toBe('401 invalid_token')
    expect(refused(at)).toEqual([{ ...base, reason: 'grant_revoked', ...caller }])
  })

  it('C10 names who called with a token that has expired', async () => {
    const { world, at, tokens, caller } = await setScene()
    world.clock.advance(7200)
    await ask(at, tokens.accessToken)
    expect(refused(at)).toEqual([{ ...base, reason: 'token_expired', ...caller }])
  })

  it('C10 names who lacks a scope, by a list and by a rule', async () => {
    const { at, tokens, caller } = await setScene()
    await ask(at, tokens.accessToken, { requiredScopes: ['more'] })
    await ask(at, tokens.accessToken, {
      canAccess: () => ({ granted: false, reason: 'rule_denied', missingScopes: [], missingRoles: [] }),
    })
    expect(refused(at)).toMatchObject([
      { ...base, reason: 'scope_insufficient', ...caller },
      { ...base, reason: 'access_denied', ...caller },
    ])
  })

  it('A001 names nobody for a token that proves nothing, whatever it says', async () => {
    const { at, tokens } = await setScene()
    await ask(at, `${tokens.accessToken.slice(0, -10)}AAAAAAAAAA`)
    await ask(startProcess(createWorld()), 'anything')
    expect(refused(at)).toEqual([{ ...base, reason: 'token_invalid' }])
  })

  it('A001 does not take one caller for another when a hook throws the same error again', async () => {
    const world = createWorld()
    const error = new OAuthError('access_denied')
    const at = startProcess(world, { roles: () => Promise.reject(error) })
    const tokens = await login(world, at)
    await ask(at, tokens.accessToken)
    expect(refused(at)).toEqual([{ ...base, reason: 'access_denied' }])
  })
})
