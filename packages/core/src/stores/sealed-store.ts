/** A store whose values only we can read: what core works with. @module */
import { McpAuthError, OAuthError } from '../errors.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { Store, StoreKey } from '../store.ts'

/** A record together with its stored form, which names this very version of it. */
export interface SealedRecord {
  readonly text: string
  readonly raw: string
}

/**
 * The operations of {@link Store} on plain texts. Values are sealed with their key as associated data, so that a
 * value moved to another key does not open. Failures of the database become `store_unavailable`.
 */
export interface SealedStore {
  get(key: StoreKey): Promise<SealedRecord | undefined>
  set(key: StoreKey, text: string, ttlSeconds: number): Promise<void>
  /** Resolves to `false` when the key exists. */
  add(key: StoreKey, text: string, ttlSeconds: number): Promise<boolean>
  delete(key: StoreKey): Promise<void>
  take(key: StoreKey): Promise<string | undefined>
  compareAndSwap(key: StoreKey, expected: SealedRecord, next: string, ttlSeconds: number): Promise<boolean>
}

/** Wraps a database. A value that does not open, whoever wrote it, is absent. */
export function createSealedStore(store: Store, keys: () => Promise<KeyRing>): SealedStore {
  const seal = async (key: StoreKey, text: string): Promise<string> => await (await keys()).seal('store', text, key)
  const open = async (key: StoreKey, raw: string | undefined): Promise<string | undefined> =>
    raw === undefined ? undefined : await (await keys()).open('store', raw, key)
  return {
    async get(key) {
      const raw = await reach(async () => await store.get(key))
      const text = await open(key, raw)
      return text === undefined || raw === undefined ? undefined : { text, raw }
    },
    async set(key, text, ttlSeconds) {
      const sealed = await seal(key, text)
      await reach(async () => await store.set(key, sealed, { ttlSeconds }))
    },
    async add(key, text, ttlSeconds) {
      const sealed = await seal(key, text)
      return await reach(async () => await store.set(key, sealed, { ttlSeconds, onlyIfAbsent: true }))
    },
    async delete(key) {
      await reach(async () => await store.delete(key))
    },
    async take(key) {
      return await open(key, await reach(async () => await store.take(key)))
    },
    async compareAndSwap(key, expected, next, ttlSeconds) {
      const sealed = await seal(key, next)
      return await reach(async () => await store.compareAndSwap(key, expected.raw, sealed, { ttlSeconds }))
    },
  }
}

/** A database that has not answered after so long, in milliseconds, is as good as gone. */
const patienceMilliseconds = 5000

/** An outage of the database is our trouble, never a statement about a token. A driver may throw at once, or hang. */
async function reach<T>(operation: () => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new OAuthError('store_unavailable')), patienceMilliseconds)
  })
  try {
    return await Promise.race([operation(), silence])
  } catch (cause) {
    throw cause instanceof McpAuthError ? cause : new OAuthError('store_unavailable', { cause })
  } finally {
    clearTimeout(timer)
  }
}
