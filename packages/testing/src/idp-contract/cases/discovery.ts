/** IdPs that publish where they are. @module */
import { expect } from 'vitest'
import { approve, signIn } from '../client.ts'
import type { ContractCase } from '../contract-case.ts'
import { type Outage, outages } from '../faults.ts'

/** Seconds after which a document that could not be had is asked for again. */
const patience = 600

function failingMetadata({ name, fault }: Outage): ContractCase {
  return {
    name: `D9 starts, sends nobody anywhere, and works later when the IdP’s metadata is ${name}`,
    async check(lab, skip) {
      if (!('discover' in lab.provider)) return skip('the endpoints are known beforehand')
      lab.transport.intercept('metadata', fault)
      await expect(approve(lab)).rejects.toThrow(/^approval: 503|^no consent page: 503/)
      lab.transport.restore()
      lab.clock.advance(patience)
      await signIn(lab)
    },
  }
}

/** The cases. */
export const discoveryCases: readonly ContractCase[] = [
  {
    name: 'finds the configuration in order when the server starts',
    async check(lab) {
      await expect(lab.auth.checkProvider()).resolves.toBeUndefined()
    },
  },

  ...outages.map(failingMetadata),
]
