/** What a store brings to its contract. @module */
import type { Store } from '@mcp-auth/core'

/** An empty store, and power over its time. */
export interface StoreFixture {
  readonly store: Store
  /**
   * The same database once more, over connections of their own, as other processes have it. With them races are run
   * among all of them.
   */
  readonly others?: readonly Store[]
  /**
   * Lets time pass for the database, in seconds. Default: the clock of {@link StoreSurroundings} moves, which is for
   * stores that take their time from it.
   */
  advance?(seconds: number): void | Promise<void>
  /** Removes everything that {@link CreateStore} made. */
  close?(): void | Promise<void>
}

/** Surroundings of a fixture. */
export interface StoreSurroundings {
  /** Seconds since the epoch; stands still until the contract moves it. */
  readonly now: () => number
}

/** Creates a fixture; called for each case. */
export type CreateStore = (surroundings: StoreSurroundings) => StoreFixture | Promise<StoreFixture>
