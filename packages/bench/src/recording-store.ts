/** A store that writes down what is done with it. @module */
import type { Store, StoreKey } from '@mcp-auth/core'

/** Operations of {@link Store}; `add` is a `set` with `onlyIfAbsent`, `swap` a `compareAndSwap`. */
type OperationName = 'get' | 'set' | 'add' | 'delete' | 'take' | 'swap'

/** One operation on one key. */
export interface StoreOperation {
  readonly name: OperationName
  readonly key: StoreKey
  /** What was written. */
  readonly value?: string
  /** What a swap replaces. */
  readonly expected?: string
  /** Lifetime of what was written, in seconds. */
  readonly ttlSeconds?: number
}

/** A store and its record. */
export interface RecordingStore extends Store {
  /** What was done since the last call of this. */
  drain(): readonly StoreOperation[]
}

/** Wraps a store. What fails is written down as well. */
export function recordingStore(store: Store): RecordingStore {
  let operations: StoreOperation[] = []
  const note = (operation: StoreOperation): void => void operations.push(operation)
  return {
    drain() {
      const done = operations
      operations = []
      return done
    },
    async get(key) {
      note({ name: 'get', key })
      return await store.get(key)
    },
    async set(key, value, options) {
      note({ name: options.onlyIfAbsent ? 'add' : 'set', key, value, ttlSeconds: options.ttlSeconds })
      return await store.set(key, value, options)
    },
    async delete(key) {
      note({ name: 'delete', key })
      await store.delete(key)
    },
    async take(key) {
      note({ name: 'take', key })
      return await store.take(key)
    },
    async compareAndSwap(key, expected, value, options) {
      note({ name: 'swap', key, expected, value, ttlSeconds: options.ttlSeconds })
      return await store.compareAndSwap(key, expected, value, options)
    },
  }
}

/** The operations in short: `swap grant`. */
export function describeOperations(operations: readonly StoreOperation[]): readonly string[] {
  return operations.map(({ name, key }) => `${name} ${kindOf(key)}`)
}

/** What a key is about. */
export function kindOf(key: string): string {
  return key.slice(0, key.indexOf(':'))
}
