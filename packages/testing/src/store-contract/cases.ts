/** Every case of the store contract. @module */
import { lifetimeCases } from './lifetimes.ts'
import { raceCases } from './races.ts'
import type { StoreCase } from './store-case.ts'
import { valueCases } from './values.ts'

/** The cases. */
export const storeCases: readonly StoreCase[] = [...valueCases, ...lifetimeCases, ...raceCases]
