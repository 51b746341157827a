/** A store with one trouble at one chosen step. @module */
import type { Store, StoreKind } from '../../../src/store.ts'

/** One operation on one kind of record, such as `get grant`. */
export type Step = `${keyof Store} ${StoreKind}`

/**
 * What can happen at a step. `lost`: it is done, and the answer is lost. `late`: it is done after everybody gave up, and
 * `too late`: only after somebody tried again. `read-only` and `away`: nothing (else) works from that step on. `dies`: the process ends before or after it.
 */
export const troubles = [
  'rejects',
  'hangs',
  'lost',
  'late',
  'too late',
  'read-only',
  'away',
  'dies before',
  'dies after',
] as const

/** One of {@link troubles}. */
export type Trouble = (typeof troubles)[number]

/** The view that one process has of the database. */
export interface FaultyStore {
  readonly store: Store
  /** What was asked of it, in order. */
  readonly steps: readonly Step[]
  /** Whether an operation was never answered. */
  isSilent(): boolean
  /** Whether the process has ended. */
  isDead(): boolean
  /** Makes the step that comes after `count` others fail. */
  plan(trouble: Trouble, count: number): void
  /** Ends the trouble; what was late arrives. */
  readonly mend: () => Promise<void>
  /** What was too late arrives. */
  readonly arrive: () => Promise<void>
}

const isWrite = (step: Step): boolean => !step.startsWith('get ')
/** What a driver says: nobody but the operator may read it. */
export const driverMessage = 'connect ECONNREFUSED store.internal:6379'

/** Wraps a database. */
export function createFaultyStore(database: Store): FaultyStore {
  const steps: Step[] = []
  let planned: { readonly trouble: Trouble; readonly at: number } | undefined
  const delayed = new Map<Trouble, () => Promise<unknown>>()
  let isDead = false
  let isSilent = false
  const never = async <T>(): Promise<T> => {
    isSilent = true
    return await new Promise<T>(() => {})
  }

  const troubleOf = (step: Step, at: number): Trouble | undefined => {
    if (!planned || at < planned.at) return undefined
    if (planned.trouble === 'away') return 'rejects'
    if (planned.trouble === 'read-only') return isWrite(step) ? 'rejects' : undefined
    return at === planned.at ? planned.trouble : undefined
  }
  const run = async <T>(step: Step, operation: () => Promise<T>): Promise<T> => {
    if (isDead) return await never()
    const trouble = troubleOf(step, steps.push(step) - 1)
    if (trouble === 'lost' || trouble === 'dies after') await operation()
    if (trouble === 'late' || trouble === 'too late') delayed.set(trouble, operation)
    isDead = trouble === 'dies before' || trouble === 'dies after'
    if (trouble === 'rejects' || trouble === 'lost') throw new Error(driverMessage)
    return trouble === undefined ? await operation() : await never()
  }
  const stepOf = (method: keyof Store, key: string): Step => `${method} ${key.split(':', 1)[0] as StoreKind}`
  return {
    steps,
    isSilent: () => isSilent,
    isDead: () => isDead,
    plan(trouble, count) {
      planned = { trouble, at: steps.length + count }
    },
    async mend() {
      planned = undefined
      await delayed.get('late')?.()
    },
    arrive: async () => void (await delayed.get('too late')?.()),
    store: {
      get: async (key) => await run(stepOf('get', key), async () => await database.get(key)),
      set: async (key, value, options) =>
        await run(stepOf('set', key), async () => await database.set(key, value, options)),
      delete: async (key) => await run(stepOf('delete', key), async () => await database.delete(key)),
      take: async (key) => await run(stepOf('take', key), async () => await database.take(key)),
      compareAndSwap: async (key, expected, next, options) =>
        await run(
          stepOf('compareAndSwap', key),
          async () => await database.compareAndSwap(key, expected, next, options),
        ),
    },
  }
}
