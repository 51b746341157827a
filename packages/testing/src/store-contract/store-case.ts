/** One case of the store contract. @module */
import type { Store, StoreKey } from '@mcp-auth/core'
import { createTestClock } from '../support/clock.ts'
import { slowStore } from '../support/slow-store.ts'
import type { CreateStore } from './fixture.ts'

/** What a case works with. */
export interface StoreLab {
  readonly store: Store
  /** Everybody who races: each connection, directly and through a line that delivers late. */
  readonly racers: readonly Store[]
  /** Lets time pass for the database, in seconds. */
  readonly advance: (seconds: number) => Promise<void>
}

/** A case: a full sentence, and what has to hold on an empty store. */
export interface StoreCase {
  readonly name: string
  /** Rejects when the store breaks the contract. */
  check(lab: StoreLab): Promise<void>
}

/** The key of cases that need but one. */
export const key: StoreKey = 'grant:a'

/** A lifetime that no case waits for, in seconds. */
export const ttlSeconds = 60

/** How many do the same at once. */
export const contenders = 50

/** Runs a case on a fresh store. */
export async function runStoreCase(storeCase: StoreCase, create: CreateStore): Promise<void> {
  const clock = createTestClock()
  const fixture = await create({ now: clock.now })
  const connections = [fixture.store, ...(fixture.others ?? [])]
  const lab: StoreLab = {
    store: fixture.store,
    racers: [...connections, ...connections.map(slowStore)],
    advance: async (seconds) => await (fixture.advance ? fixture.advance(seconds) : clock.advance(seconds)),
  }
  try {
    await storeCase.check(lab)
  } finally {
    await fixture.close?.()
  }
}

/** Runs `work` at once for every contender, in turn over each connection. */
export async function race<T>(
  { racers, store }: StoreLab,
  work: (store: Store, contender: number) => Promise<T>,
): Promise<T[]> {
  const all = Array.from({ length: contenders }, async (_, n) => await work(racers[n % racers.length] ?? store, n))
  return await Promise.all(all)
}
