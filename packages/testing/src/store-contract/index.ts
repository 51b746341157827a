/** The contract of stores. @module */
import { describe, expect, it } from 'vitest'
import { storeCases } from './cases.ts'
import type { CreateStore } from './fixture.ts'
import { runStoreCase } from './store-case.ts'

export type { CreateStore, StoreFixture, StoreSurroundings } from './fixture.ts'

/**
 * Describes what every store must do, whatever it is built on: each of its operations, lifetimes, and races among
 * fifty callers. `create` gives an empty store for each case.
 * @example
 * describeStoreContract('my store', ({ now }) => ({ store: createMyStore({ now }) }))
 */
export function describeStoreContract(name: string, create: CreateStore): void {
  describe(`the store contract: ${name}`, () => {
    it.for(storeCases.map((one) => [one.name, one] as const))('%s', async ([, storeCase]) => {
      await expect(runStoreCase(storeCase, create)).resolves.toBeUndefined()
    })
  })
}
