/** The IdP, its network or what stands in front of it is in trouble: later it works, and nothing is lost. @module */
import { expect } from 'vitest'
import {
  control,
  expectTryLater,
  failedSignIn,
  needsRefreshTokens,
  refreshOutcome,
  refusalOf,
  revocations,
  shortenTokens,
  toolToken,
} from '../checks.ts'
import { goToIdP, refresh, sessionOf, signIn } from '../client.ts'
import type { ContractCase } from '../contract-case.ts'
import { leaveHanging, type Outage, outages } from '../faults.ts'
import type { IdPFault } from '../fixture.ts'
import { type Lab, upstreamSeconds } from '../lab.ts'

type OwnFault = Exclude<IdPFault, (...inputs: never) => unknown>

/** Faults in the words of the IdP, that say nothing about a grant. */
const ownFaults: readonly OwnFault[] = ['429', '500', '503', 'html', 'garbage', 'empty', 'hang', '401']

/** A client’s refresh and a tool meet trouble, and find everything as it was when that is over. */
async function survivesRefreshing(
  lab: Lab,
  begin: () => void,
  end: () => void,
  expectRefresh: () => void,
): Promise<void> {
  shortenTokens(lab)
  const tokens = await signIn(lab)
  expectRefresh()
  lab.clock.advance(upstreamSeconds)
  begin()
  expectTryLater(await refresh(lab, tokens))
  expect(await refusalOf(toolToken(lab, tokens))).toBe('upstream_unavailable 503')
  end()
  expect(await toolToken(lab, tokens)).not.toBe('')
  expect(await refreshOutcome(lab, tokens)).toBe('200')
  expect(revocations(lab)).toEqual([])
}

function whileRefreshing({ name, fault }: Outage): ContractCase {
  return {
    name: `A097 D9 keeps every token good when a refresh meets ${name}`,
    async check(lab, skip) {
      const begin = (): void => lab.transport.intercept('refresh', fault)
      const end = (): void => lab.transport.restore()
      await survivesRefreshing(lab, begin, end, () => needsRefreshTokens(lab, skip))
    },
  }
}

function inOwnWords(fault: OwnFault): ContractCase {
  return {
    name: `A097 D9 keeps every token good when the IdP answers a refresh with its own ${fault}`,
    async check(lab, skip) {
      control(lab, skip, 'fail')
      const { begin, end } = failing(lab, 'refresh', fault)
      await survivesRefreshing(lab, begin, end, () => needsRefreshTokens(lab, skip))
    },
  }
}

/** A sign-in that meets trouble ends for the client, which can start again. */
async function survivesSigningIn(lab: Lab, begin: () => void, end: () => void): Promise<void> {
  const back = await goToIdP(lab)
  begin()
  const parameters = await failedSignIn(lab, back)
  expect(parameters.get('error')).toMatch(/^(temporarily_unavailable|server_error)$/)
  end()
  expect((await sessionOf(lab, await signIn(lab))).subject).not.toBe('')
  expect(revocations(lab)).toEqual([])
}

function whileSigningIn({ name, fault }: Outage): ContractCase {
  return {
    name: `A097 A112 lets a client start again after a sign-in that met ${name}`,
    async check(lab) {
      const begin = (): void => lab.transport.intercept('token', fault)
      await survivesSigningIn(lab, begin, () => lab.transport.restore())
    },
  }
}

/** The IdP’s own fault at an endpoint, and its end. */
function failing(lab: Lab, endpoint: 'refresh' | 'token', fault: OwnFault): { begin: () => void; end: () => void } {
  return {
    begin: () => {
      lab.fake.fail?.(endpoint, fault)
      if (fault === 'hang') lab.transport.intercept(endpoint, leaveHanging)
    },
    end: () => {
      lab.fake.recover?.()
      lab.transport.restore()
    },
  }
}

function whileSigningInInOwnWords(fault: OwnFault): ContractCase {
  return {
    name: `A097 A112 lets a client start again after a sign-in that the IdP answered with its own ${fault}`,
    async check(lab, skip) {
      control(lab, skip, 'fail')
      const { begin, end } = failing(lab, 'token', fault)
      await survivesSigningIn(lab, begin, end)
    },
  }
}

function whileIdentifying({ name, fault }: Outage): ContractCase {
  return {
    name: `A097 signs nobody in while the IdP’s user endpoint answers with ${name}`,
    async check(lab, skip) {
      await signIn(lab)
      if (lab.transport.to('api').length === 0) return skip('the provider asks no user endpoint')
      const begin = (): void => lab.transport.intercept('api', fault)
      await survivesSigningIn(lab, begin, () => lab.transport.restore())
    },
  }
}

function whileAskingAgain({ name, fault }: Outage): ContractCase {
  return {
    name: `C11 refreshes on what is known when the IdP’s user endpoint answers with ${name}`,
    async check(lab, skip) {
      const tokens = await signIn(lab)
      const { identity } = await sessionOf(lab, tokens)
      const callsOfSignIn = lab.transport.to('api').length
      lab.transport.intercept('api', fault)
      expect(await refreshOutcome(lab, tokens)).toBe('200')
      if (lab.transport.to('api').length === callsOfSignIn) return skip('the provider asks no user endpoint')
      expect((await sessionOf(lab, tokens)).identity).toEqual(identity)
      expect(revocations(lab)).toEqual([])
    },
  }
}

/** The cases. */
export const outageCases: readonly ContractCase[] = [
  ...outages.map(whileRefreshing),
  ...ownFaults.map(inOwnWords),
  ...outages.map(whileSigningIn),
  ...ownFaults.map(whileSigningInInOwnWords),
  ...outages.map(whileIdentifying),
  ...outages.map(whileAskingAgain),

  {
    name: 'A097 lets tools work while the token endpoint is down, as long as their token lives',
    async check(lab) {
      const tokens = await signIn(lab)
      lab.transport.intercept('refresh', () => new Response(null, { status: 503 }))
      expect(await toolToken(lab, tokens)).not.toBe('')
      expect(lab.transport.to('refresh')).toEqual([])
    },
  },

  {
    name: 'A097 ends a grant only with the IdP’s next decision when the answer to a refresh was lost',
    async check(lab, skip) {
      shortenTokens(lab)
      const tokens = await signIn(lab)
      needsRefreshTokens(lab, skip)
      lab.clock.advance(upstreamSeconds)
      lab.transport.intercept('refresh', async (_exchange, ask) => {
        await (await ask()).text()
        return new Response(null, { status: 502 })
      })
      expectTryLater(await refresh(lab, tokens))
      expect(revocations(lab)).toEqual([])
      lab.transport.restore()
      expect(['200', '400 invalid_grant']).toContain(await refreshOutcome(lab, tokens))
    },
  },
]
