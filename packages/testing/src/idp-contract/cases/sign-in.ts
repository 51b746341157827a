/** Who signs in, and what comes out of it. @module */
import { expect } from 'vitest'
import { control, lastIssued, settings, toolToken } from '../checks.ts'
import { sessionOf, signIn } from '../client.ts'
import type { ContractCase } from '../contract-case.ts'
import type { Lab } from '../lab.ts'

/** Members in which IdPs keep what people can change about themselves. */
const changeable =
  /^(user_?name|preferred_username|nick_?name|name|given_name|family_name|login|e?mail|upn|unique_name|global_name|display_?name)$/i

/** The same account under other names: its changeable members, also those among its `claims`. */
function renamed(user: object): object {
  const entries = Object.entries(user).map(([name, value]: [string, unknown]): [string, unknown] => {
    if (name === 'claims' && typeof value === 'object' && value !== null) return [name, renamed(value)]
    return [name, changeable.test(name) && typeof value === 'string' ? `renamed.${value}` : value]
  })
  return Object.fromEntries(entries)
}

async function subjectOf(lab: Lab): Promise<string> {
  return (await sessionOf(lab, await signIn(lab))).subject
}

/** The cases. */
export const signInCases: readonly ContractCase[] = [
  {
    name: 'A016 signs a user in, and keeps every token of the IdP from the client',
    async check(lab) {
      const tokens = await signIn(lab)
      const session = await sessionOf(lab, tokens)
      expect(session.subject).not.toBe('')
      expect(session.subject).toBe(session.identity.subject)
      if (lab.expected?.identity) expect(session.identity).toMatchObject(lab.expected.identity)
      expect(await toolToken(lab, tokens)).toBe(lastIssued(lab)['access_token'])
      expect(session.identity, 'an identity that survives the store').toEqual(lab.identified.at(-1))
      expect(JSON.stringify([session.identity, session.extra])).not.toContain(lastIssued(lab)['access_token'])
    },
  },

  {
    name: 'keeps the subject at a second sign-in, also with another client',
    async check(lab) {
      expect(await subjectOf(lab)).toBe(await subjectOf(lab))
    },
  },

  {
    name: 'names nobody by what can change hands: the subject is no name and no address',
    async check(lab) {
      const { identity } = await sessionOf(lab, await signIn(lab))
      const names = Object.entries(identity.claims).filter(([name]) => changeable.test(name))
      const shown = [identity.username, ...names.map(([, value]) => value)].filter((value) => value !== undefined)
      expect(shown.map(String)).not.toContain(identity.subject)
      expect(identity.subject).not.toContain('@')
    },
  },

  {
    name: 'keeps the subject of a user who changes every name',
    async check(lab, skip) {
      const users = control(lab, skip, 'users')
      const { user = '' } = settings(lab, skip, 'user')
      const account = users.get(user) ?? skip('settings.user is no key of users')
      const before = await subjectOf(lab)
      users.set(user, renamed(account))
      expect(await subjectOf(lab)).toBe(before)
    },
  },

  {
    name: 'gives another user another subject',
    async check(lab, skip) {
      const users = control(lab, skip, 'users')
      const switches = settings(lab, skip, 'user')
      const before = await subjectOf(lab)
      const other = [...users.keys()].find((user) => user !== switches.user)
      if (other === undefined) return skip('the fake has one user')
      switches.user = other
      expect(await subjectOf(lab)).not.toBe(before)
    },
  },

  {
    name: 'issues refresh tokens as expected',
    async check(lab, skip) {
      await signIn(lab)
      const { issuesRefreshTokens } = lab.expected ?? {}
      if (issuesRefreshTokens === undefined) return skip('nothing is expected of refresh tokens')
      expect(typeof lastIssued(lab)['refresh_token']).toBe(issuesRefreshTokens ? 'string' : 'undefined')
    },
  },
]
