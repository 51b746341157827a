/** Scopes that the user did not grant. @module */
import { expect } from 'vitest'
import { settings, upstreamScope } from '../checks.ts'
import { sessionOf, signIn } from '../client.ts'
import type { ContractCase } from '../contract-case.ts'

/** The cases. */
export const scopeCases: readonly ContractCase[] = [
  {
    name: 'grants the client the scopes it asked for, in the words clients know',
    async check(lab) {
      const { supportedScopes } = lab.provider
      const tokens = await signIn(lab, { scopes: supportedScopes })
      expect([...tokens.scopes].sort()).toEqual([...supportedScopes].sort())
    },
  },

  {
    name: 'grants nothing that the user withheld at the IdP',
    async check(lab, skip) {
      const { supportedScopes, identityScopes } = lab.provider
      const switches = settings(lab, skip, 'withheldScopes')
      if (lab.expected?.withholdsScopes === false) return skip('the IdP grants all or nothing')
      const withheld = supportedScopes.find((scope) => !identityScopes.includes(scope))
      if (withheld === undefined) return skip('the provider has no scope besides those of identity')
      switches.withheldScopes = [upstreamScope(lab, withheld)]
      const tokens = await signIn(lab, { scopes: supportedScopes })
      const expected = supportedScopes.filter((scope) => scope !== withheld)
      expect([...tokens.scopes].sort()).toEqual([...expected].sort())
      expect([...(await sessionOf(lab, tokens)).scopes].sort()).toEqual([...expected].sort())
    },
  },

  {
    name: 'signs nobody in, or grants less, when the IdP withholds what identity needs',
    async check(lab, skip) {
      const { supportedScopes, identityScopes } = lab.provider
      const switches = settings(lab, skip, 'withheldScopes')
      if (lab.expected?.withholdsScopes === false) return skip('the IdP grants all or nothing')
      if (identityScopes.length === 0) return skip('identity needs no scope')
      switches.withheldScopes = identityScopes.map((scope) => upstreamScope(lab, scope))
      // A sign-in that fails is as good an answer as one without these scopes.
      const tokens = await signIn(lab, { scopes: supportedScopes }).catch(() => undefined)
      const granted = tokens?.scopes ?? []
      expect(granted.filter((scope) => identityScopes.includes(scope))).toEqual([])
    },
  },
]
