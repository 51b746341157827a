/** A store whose answers take their time. @module */
import type { Store } from '@mcp-auth/core'

/** Lets everybody who is ready go first. */
async function yieldToOthers(): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, 0))
}

/** Puts the delay after the operation: what was read is old by the time it arrives, which is where races are lost. */
export function slowStore(store: Store): Store {
  const late = async <T>(operation: Promise<T>): Promise<T> => {
    const result = await operation
    await yieldToOthers()
    return result
  }
  return {
    get: async (key) => await late(store.get(key)),
    set: async (key, value, options) => await late(store.set(key, value, options)),
    delete: async (key) => await late(store.delete(key)),
    take: async (key) => await late(store.take(key)),
    compareAndSwap: async (key, expected, next, options) =>
      await late(store.compareAndSwap(key, expected, next, options)),
  }
}
