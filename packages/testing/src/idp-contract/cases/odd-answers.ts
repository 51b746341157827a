/** Token answers as specifications do not foresee them. @module */
import { expect } from 'vitest'
import { lastIssued, needsRefreshTokens, rewriteTokens, toolToken } from '../checks.ts'
import { comeBack, goToIdP, sessionOf, signIn } from '../client.ts'
import type { ContractCase } from '../contract-case.ts'

/** Lifetimes that are lifetimes, in odd forms. */
const readable: readonly unknown[] = ['3600', 3600.7, 1e9, undefined, null]

/** Lifetimes that are none. */
const unreadable: readonly unknown[] = [-1, -3600, 'soon', '', {}, [3600], true, Number.MAX_VALUE]

type BrokenTokens = readonly [name: string, members: Readonly<Record<string, unknown>>]

/** Answers that are no bearer tokens. */
const brokenTokens: readonly BrokenTokens[] = [
  ['no access token', { access_token: undefined }],
  ['an empty access token', { access_token: '' }],
  ['a number for an access token', { access_token: 17 }],
  ['another token type', { token_type: 'mac' }],
  ['a list of refresh tokens', { refresh_token: ['a', 'b'] }],
]

function readableLifetime(expires_in: unknown): ContractCase {
  return {
    name: `signs in when the lifetime of the IdP’s token is ${JSON.stringify(expires_in) ?? 'not told'}`,
    async check(lab) {
      rewriteTokens(lab, { expires_in })
      const tokens = await signIn(lab)
      expect(await toolToken(lab, tokens)).toBe(lastIssued(lab)['access_token'])
      expect(lab.transport.to('refresh')).toEqual([])
    },
  }
}

function unreadableLifetime(expires_in: unknown): ContractCase {
  return {
    name: `signs in or says no, but does not break, when the lifetime of the IdP’s token is ${JSON.stringify(expires_in)}`,
    async check(lab) {
      rewriteTokens(lab, { expires_in })
      const parameters = await comeBack(lab, await goToIdP(lab))
      expect(parameters.has('code') || parameters.get('error') === 'server_error').toBe(true)
      expect(lab.events.filter(({ type }) => type === 'server.failed')).toEqual([])
    },
  }
}

function brokenAnswer([name, members]: BrokenTokens): ContractCase {
  return {
    name: `signs nobody in by an answer with ${name}`,
    async check(lab) {
      rewriteTokens(lab, members)
      const parameters = await comeBack(lab, await goToIdP(lab))
      expect([parameters.get('code'), parameters.get('error')]).toEqual([null, 'server_error'])
      lab.transport.restore()
      expect((await sessionOf(lab, await signIn(lab))).subject).not.toBe('')
    },
  }
}

/** The cases. */
export const oddAnswerCases: readonly ContractCase[] = [
  ...readable.map(readableLifetime),

  ...unreadable.map(unreadableLifetime),

  {
    name: 'asks the IdP at most once for each call of a tool when tokens are dead on arrival',
    async check(lab, skip) {
      rewriteTokens(lab, { expires_in: 0 })
      const tokens = await signIn(lab)
      needsRefreshTokens(lab, skip)
      for (const call of [1, 2, 3]) {
        expect(await toolToken(lab, tokens)).not.toBe('')
        expect(lab.transport.to('refresh').length).toBeLessThanOrEqual(call)
      }
    },
  },

  {
    name: 'has the IdP’s clock be wrong by an hour: what counts is how long a token lives',
    async check(lab, skip) {
      rewriteTokens(lab, { expires_in: 1000, expires_at: Math.floor(lab.clock.now()) - 3600 })
      const tokens = await signIn(lab)
      needsRefreshTokens(lab, skip)
      await toolToken(lab, tokens)
      expect(lab.transport.to('refresh')).toEqual([])
      lab.clock.advance(1000)
      await toolToken(lab, tokens)
      expect(lab.transport.to('refresh')).toHaveLength(1)
    },
  },

  ...brokenTokens.map(brokenAnswer),
]
