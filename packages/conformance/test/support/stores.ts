/** Stores with trouble: slow ones, ones that are out of reach, and ones whose callers meet at one step. */
import type { Store, StoreKey, StoreKind } from '@mcp-auth/express'

/** One operation on one kind of record, such as `get grant`. */
export type StoreStep = `${keyof Store} ${StoreKind}`

/** What happens around each operation. What `before` throws, the operation throws, and nothing was done. */
export interface StoreHooks {
  readonly before?: (step: StoreStep, key: StoreKey, value?: string) => Promise<void> | void
  readonly after?: (step: StoreStep) => Promise<void> | void
}

/** A store with hooks around its operations. */
export function hookStore(store: Store, hooks: StoreHooks): Store {
  const run = async <T>(
    method: keyof Store,
    key: StoreKey,
    operation: () => Promise<T>,
    value?: string,
  ): Promise<T> => {
    const step = `${method} ${key.slice(0, key.indexOf(':'))}` as StoreStep
    await hooks.before?.(step, key, value)
    const result = await operation()
    await hooks.after?.(step)
    return result
  }
  return {
    get: (key) => run('get', key, () => store.get(key)),
    set: (key, value, options) => run('set', key, () => store.set(key, value, options), value),
    delete: (key) => run('delete', key, () => store.delete(key)),
    take: (key) => run('take', key, () => store.take(key)),
    compareAndSwap: (key, expected, next, options) =>
      run('compareAndSwap', key, () => store.compareAndSwap(key, expected, next, options), next),
  }
}

/** Every answer takes its time, and not always the same. */
export function slowStore(store: Store): Store {
  let count = 0
  const after = async (): Promise<void> => {
    count += 1
    await new Promise((resolve) => setTimeout(resolve, count % 4))
  }
  return hookStore(store, { after })
}

/** What a driver says when its database is away: nobody but the operator may read it. */
export const driverMessage = 'connect ECONNREFUSED store.internal:6379'

/** A store whose operations can be put out of reach, all or some. */
export interface Outage {
  /** For `wrapStore`. */
  readonly wrap: (store: Store) => Store
  /** The steps that were tried, in order. */
  readonly steps: StoreStep[]
  /** From now on these steps fail; without any, all do. */
  start(...steps: StoreStep[]): void
  /** From now on these steps are done, and the answer is lost. */
  loseAnswers(...steps: StoreStep[]): void
  end(): void
}

export function createOutage(): Outage {
  const steps: StoreStep[] = []
  const never = (_step: StoreStep): boolean => false
  let fails = never
  let loses = never
  const before = (step: StoreStep): void => {
    steps.push(step)
    if (fails(step)) throw new Error(driverMessage)
  }
  const after = (step: StoreStep): void => {
    if (loses(step)) throw new Error(driverMessage)
  }
  return {
    wrap: (store) => hookStore(store, { before, after }),
    steps,
    start: (...chosen) => {
      fails = (step) => chosen.length === 0 || chosen.includes(step)
    },
    loseAnswers: (...chosen) => {
      loses = (step) => chosen.includes(step)
    },
    end: () => {
      fails = never
      loses = never
    },
  }
}

/** Holds everybody back until `count` have come; who comes later passes. */
export function meetingPoint(count: number): () => Promise<void> {
  const waiting: (() => void)[] = []
  let open = false
  return async () => {
    if (open) return
    await new Promise<void>((resolve) => {
      waiting.push(resolve)
      if (waiting.length < count) return
      open = true
      for (const pass of waiting) pass()
    })
  }
}
