/** How the user's tokens at the IdP are kept alive, and how they end. @module */
import type { OAuthProxy } from '@mcp-auth/core'
import { expect } from 'vitest'
import {
  control,
  last,
  lastIssued,
  needsRefreshTokens,
  outcome,
  refreshOutcome,
  refusalOf,
  revocations,
  shortenTokens,
  toolToken,
} from '../checks.ts'
import { type ClientTokens, readTokens, refresh, sessionOf, signIn } from '../client.ts'
import type { ContractCase, Skip } from '../contract-case.ts'
import { type Lab, upstreamSeconds } from '../lab.ts'
import { answerOf } from '../transport.ts'

const crowd = 50

/** Signs in at an IdP with refresh tokens; its access token has then expired. */
async function signInAndWait(lab: Lab, skip: Skip): Promise<ClientTokens> {
  shortenTokens(lab)
  const tokens = await signIn(lab)
  needsRefreshTokens(lab, skip)
  lab.clock.advance(upstreamSeconds)
  return tokens
}

/** Asks for the upstream token many times at once, in turn in each process. */
async function askTogether(tokens: ClientTokens, lab: Lab, processes: readonly OAuthProxy[]): Promise<string[]> {
  const tools = Array.from({ length: crowd }, async (_, n) => {
    const session = await sessionOf(lab, tokens, processes[n % processes.length])
    return await session.getUpstreamAccessToken()
  })
  return await Promise.all(tools)
}

/** Refresh tokens that were sent to the IdP, in order. */
function spent(lab: Lab): (string | undefined)[] {
  return lab.transport.to('refresh').map(({ form }) => form['refresh_token'])
}

/** The IdP is slow: whoever asks meanwhile finds a refresh under way. */
function slowDown(lab: Lab): void {
  lab.transport.intercept('refresh', async (_exchange, ask) => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    return await ask()
  })
}

function togetherIn(processes: number): ContractCase {
  return {
    name: `A098 refreshes once for ${crowd} tools at once, in ${processes} process(es), and never spends a refresh token twice`,
    async check(lab, skip) {
      const tokens = await signInAndWait(lab, skip)
      slowDown(lab)
      const all = await askTogether(tokens, lab, [lab.auth, lab.twin].slice(0, processes))
      expect(new Set(all)).toEqual(new Set([answerOf(last(lab, 'refresh'))['access_token']]))
      expect(lab.transport.to('refresh')).toHaveLength(1)
      expect(revocations(lab)).toEqual([])
    },
  }
}

/** The cases. */
export const refreshCases: readonly ContractCase[] = [
  {
    name: 'gives a tool the token it has as long as that lives, without asking the IdP',
    async check(lab) {
      shortenTokens(lab)
      const tokens = await signIn(lab)
      const first = await toolToken(lab, tokens)
      lab.clock.advance(upstreamSeconds / 2)
      expect(await toolToken(lab, tokens)).toBe(first)
      expect(lab.transport.to('refresh')).toEqual([])
    },
  },

  {
    name: 'A096 ends a grant without refresh token when its access token ends, and not before',
    async check(lab, skip) {
      const tokens = await signIn(lab)
      const { refresh_token, expires_in } = lastIssued(lab)
      if (typeof refresh_token === 'string') return skip('the IdP issues refresh tokens')
      if (expires_in === undefined) {
        lab.clock.advance(3000)
        expect(await toolToken(lab, tokens)).toBe(lastIssued(lab)['access_token'])
        return
      }
      lab.clock.advance(Number(expires_in))
      expect(await refreshOutcome(lab, tokens)).toBe('400 invalid_grant')
      expect(revocations(lab)).toEqual(['upstream_revoked'])
    },
  },

  {
    name: 'refreshes an expired token for a tool, with the application’s credentials',
    async check(lab, skip) {
      const tokens = await signInAndWait(lab, skip)
      const issued = lastIssued(lab)
      const token = await toolToken(lab, tokens)
      expect(token).toBe(answerOf(last(lab, 'refresh'))['access_token'])
      expect(token).not.toBe(issued['access_token'])
      expect(spent(lab)).toEqual([issued['refresh_token']])
      const { headers, form } = last(lab, 'refresh')
      const isBasic = lab.provider.tokenEndpointAuthMethod === 'client_secret_basic'
      expect(headers['authorization']?.startsWith('Basic ') ?? false).toBe(isBasic)
      expect('scope' in form).toBe(lab.provider.refreshSendsScope === true)
    },
  },

  {
    name: 'refreshes time and again, each time with the refresh token that is good',
    async check(lab, skip) {
      let tokens = await signInAndWait(lab, skip)
      for (let round = 1; round <= 3; round += 1) {
        const answer = await refresh(lab, tokens)
        expect([round, outcome(answer)]).toEqual([round, '200'])
        tokens = readTokens(lab, tokens.clientId, answer)
        lab.clock.advance(upstreamSeconds)
      }
      const { rotatesRefreshTokens } = lab.expected ?? {}
      const rotates = new Set(spent(lab)).size === 3
      expect(new Set(spent(lab)).size, 'always another refresh token, or always the same').toBe(rotates ? 3 : 1)
      if (rotatesRefreshTokens !== undefined) expect(rotates).toBe(rotatesRefreshTokens)
    },
  },

  ...[1, 2].map(togetherIn),

  {
    name: `A098 refreshes once for ${crowd} refreshes of the client at once`,
    async check(lab, skip) {
      const tokens = await signInAndWait(lab, skip)
      slowDown(lab)
      const answers = await Promise.all(Array.from({ length: crowd }, async () => await refresh(lab, tokens)))
      expect(new Set(answers.map(outcome))).toEqual(new Set(['200']))
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
      expect(lab.transport.to('refresh')).toHaveLength(1)
      readTokens(lab, tokens.clientId, answers[0] ?? (await refresh(lab, tokens)))
    },
  },

  {
    name: 'A096 ends the grant when the IdP does not know its refresh token any more',
    async check(lab, skip) {
      const tokens = await signInAndWait(lab, skip)
      lab.transport.intercept('refresh', (exchange, ask) =>
        ask({ ...exchange.form, refresh_token: 'never-issued-token' }),
      )
      expect(await refreshOutcome(lab, tokens)).toBe('400 invalid_grant')
      expect(revocations(lab)).toEqual(['upstream_revoked'])
      lab.transport.restore()
      expect(await refusalOf(sessionOf(lab, tokens))).toBe('grant_revoked 401')
      expect(await refreshOutcome(lab, tokens)).toBe('400 invalid_grant')
      expect(lab.transport.to('refresh')).toHaveLength(1)
    },
  },

  {
    name: 'A096 ends the grant for a tool too, and no other grant of the user',
    async check(lab, skip) {
      const tokens = await signInAndWait(lab, skip)
      const other = await signIn(lab)
      lab.transport.intercept('refresh', (exchange, ask) =>
        ask({ ...exchange.form, refresh_token: 'never-issued-token' }),
      )
      expect(await refusalOf(toolToken(lab, tokens))).toBe('grant_revoked 401')
      lab.transport.restore()
      expect(await toolToken(lab, other)).not.toBe('')
      expect(revocations(lab)).toEqual(['upstream_revoked'])
    },
  },

  {
    name: 'A096 ends the grant when the IdP forgets every token of the user',
    async check(lab, skip) {
      control(lab, skip, 'dropAccessTokens')
      control(lab, skip, 'dropRefreshTokens')
      const tokens = await signInAndWait(lab, skip)
      lab.fake.dropAccessTokens?.()
      lab.fake.dropRefreshTokens?.()
      expect(await refreshOutcome(lab, tokens)).toBe('400 invalid_grant')
      expect(revocations(lab)).toEqual(['upstream_revoked'])
    },
  },

  {
    name: 'gives a tool another token, once, for one that the IdP refused before its time',
    async check(lab, skip) {
      shortenTokens(lab)
      const tokens = await signIn(lab)
      needsRefreshTokens(lab, skip)
      const rejected = await toolToken(lab, tokens)
      lab.fake.dropAccessTokens?.()
      const token = await toolToken(lab, tokens, rejected)
      expect(token).not.toBe(rejected)
      expect(await toolToken(lab, tokens, rejected), 'who comes later gets the same').toBe(token)
      expect(lab.transport.to('refresh')).toHaveLength(1)
    },
  },

  {
    name: 'C11 refreshes and asks again when the IdP refuses the token that shows who the user is',
    async check(lab, skip) {
      control(lab, skip, 'dropAccessTokens')
      shortenTokens(lab)
      const tokens = await signIn(lab)
      needsRefreshTokens(lab, skip)
      const callsOfSignIn = lab.transport.to('api').length
      lab.fake.dropAccessTokens?.()
      expect(await refreshOutcome(lab, tokens)).toBe('200')
      // An id_token may say who signs in, and a user endpoint who it is later.
      const asksAgain = lab.transport.to('api').length > callsOfSignIn
      expect(lab.transport.to('refresh').length).toBe(asksAgain ? 1 : 0)
      expect(revocations(lab)).toEqual([])
    },
  },
]
