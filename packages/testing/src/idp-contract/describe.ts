/** The contract as tests. @module */
import { describe, expect, it } from 'vitest'
import { contractCases } from './cases/index.ts'
import { runCase } from './contract-case.ts'
import type { CreateIdP } from './fixture.ts'

/**
 * Describes the contract of identity provider (IdP) packages for one of them: whole sign-ins, refreshes, outages and
 * revocations through `createOAuthProxy`, in one process, with a clock that the cases move.
 *
 * A case that does not apply, or that needs a control the fake does not have, is reported as skipped with the reason.
 * @example
 * describeIdPContract('Acme ID', {
 *   create: ({ now }) => {
 *     const fake = createFakeAcme({ now })
 *     return { fake, provider: acme({ clientId: fake.clientId, clientSecret: fake.clientSecret }) }
 *   },
 * })
 */
export function describeIdPContract(name: string, { create }: { readonly create: CreateIdP }): void {
  describe(`the contract of identity providers: ${name}`, () => {
    it.for(contractCases.map((one) => [one.name, one] as const))('%s', async ([, contractCase], context) => {
      const omission = await runCase(contractCase, create)
      if (omission !== undefined) context.skip(omission)
      expect(omission).toBeUndefined()
    })
  })
}
