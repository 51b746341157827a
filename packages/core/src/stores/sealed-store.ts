/** A store whose values only we can read: what core works with. @module */
import { McpAuthError, OAuthError } from '../errors.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { parseRecord, type StoredRecord, serializeRecord } from '../proxy/records.ts'
import type { Store, StoreKey } from '../store.ts'
import type { StoreOperation } from './outage-reports.ts'
import { noReports, type StoreReports } from './store-reports.ts'

/** A value together with its stored form, which names this very version of it. */
export interface SealedRecord {
  readonly text: string
  readonly raw: string
}

/** A record as it was read, to be replaced only if nobody was faster. */
export interface FoundRecord<T extends StoredRecord> {
  readonly record: T
  readonly stored: SealedRecord
}

/** What a record shall become. */
export interface RecordChange<T extends StoredRecord> {
  readonly record: T
  readonly ttlSeconds: number
}

/** A record before and after {@link SealedStore.update}. */
export interface ChangedRecord<T extends StoredRecord> {
  readonly before: T | undefined
  readonly after: T
}

/**
 * The operations of {@link Store} on plain texts. Values are sealed with their key as associated data, so that a
 * value moved to another key does not open. Failures of the database become `store_unavailable`.
 */
export interface SealedStore {
  get(key: StoreKey): Promise<SealedRecord | undefined>
  /** As {@link get}, for a record: one of another version is absent. */
  find<T extends StoredRecord>(key: StoreKey): Promise<FoundRecord<T> | undefined>
  set(key: StoreKey, text: string, ttlSeconds: number): Promise<void>
  /** Resolves to `false` when the key exists. */
  add(key: StoreKey, text: string, ttlSeconds: number): Promise<boolean>
  take(key: StoreKey): Promise<string | undefined>
  compareAndSwap(key: StoreKey, expected: SealedRecord, next: string, ttlSeconds: number): Promise<boolean>
  /**
   * Applies a change to whatever the record is by then, in one atomic step; what does not open is absent and gets
   * replaced. `change` returns `undefined` to leave the record, and may be called several times.
   * Resolves to `undefined` when it was left.
   * @throws {OAuthError} `store_unavailable` also when others are faster again and again
   */
  update<T extends StoredRecord>(
    key: StoreKey,
    change: (record: T | undefined) => RecordChange<T> | undefined,
  ): Promise<ChangedRecord<T> | undefined>
}

/** More contention for one record than any client causes; beyond it we ask to come back later. */
const maxAttempts = 200

/** Wraps a database. A value that does not open, whoever wrote it, is absent, and reported. */
export function createSealedStore(
  store: Store,
  keys: () => Promise<KeyRing>,
  reports: StoreReports = noReports,
): SealedStore {
  const seal = async (key: StoreKey, text: string): Promise<string> => await (await keys()).seal('store', text, key)
  const open = async (key: StoreKey, raw: string): Promise<string | undefined> => {
    const ring = await keys()
    const text = await ring.open('store', raw, key)
    if (text === undefined) reports.unreadable(key, ring.explain(raw))
    return text
  }
  const parse = <T extends StoredRecord>(key: StoreKey, text: string): T | undefined => {
    const record = parseRecord<T>(text)
    if (!record) reports.unreadable(key, { reason: 'version_unknown' })
    return record
  }
  const reach = createReach(reports)
  const read = async (key: StoreKey): Promise<string | undefined> =>
    await reach('read', async () => await store.get(key))
  /** Seals a text and hands it to the database. */
  const write = async <T>(key: StoreKey, text: string, operation: (sealed: string) => Promise<T>): Promise<T> => {
    const sealed = await seal(key, text)
    try {
      return await reach('write', async () => await operation(sealed))
    } catch (error) {
      if (error instanceof OAuthError && error.reason === 'store_full') reports.full(key)
      throw error
    }
  }
  const add = async (key: StoreKey, text: string, ttlSeconds: number): Promise<boolean> =>
    await write(key, text, async (sealed) => await store.set(key, sealed, { ttlSeconds, onlyIfAbsent: true }))
  const swap = async (key: StoreKey, raw: string, next: string, ttlSeconds: number): Promise<boolean> =>
    await write(key, next, async (sealed) => await store.compareAndSwap(key, raw, sealed, { ttlSeconds }))
  const get = async (key: StoreKey): Promise<SealedRecord | undefined> => {
    const raw = await read(key)
    const text = raw === undefined ? undefined : await open(key, raw)
    return text === undefined || raw === undefined ? undefined : { text, raw }
  }

  return {
    get,
    async find<T extends StoredRecord>(key: StoreKey) {
      const stored = await get(key)
      const record = stored && parse<T>(key, stored.text)
      return record && { record, stored }
    },
    async set(key, text, ttlSeconds) {
      await write(key, text, async (sealed) => await store.set(key, sealed, { ttlSeconds }))
    },
    add,
    async take(key) {
      const raw = await reach('write', async () => await store.take(key))
      return raw === undefined ? undefined : await open(key, raw)
    },
    compareAndSwap: async (key, { raw }, next, ttlSeconds) => await swap(key, raw, next, ttlSeconds),
    async update<T extends StoredRecord>(
      key: StoreKey,
      change: (record: T | undefined) => RecordChange<T> | undefined,
    ) {
      for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
        const raw = await read(key)
        const text = raw === undefined ? undefined : await open(key, raw)
        const before = text === undefined ? undefined : parse<T>(key, text)
        const next = change(before)
        if (!next) return undefined
        const { record: after, ttlSeconds } = next
        const nextText = serializeRecord(after)
        const isWritten =
          raw === undefined ? await add(key, nextText, ttlSeconds) : await swap(key, raw, nextText, ttlSeconds)
        if (isWritten) return { before, after }
      }
      throw new OAuthError('store_unavailable', { retryAfterSeconds: 1 })
    },
  }
}

/** A database that has not answered after so long, in milliseconds, is as good as gone. */
const patienceMilliseconds = 5000

/** An outage of the database is our trouble, never a statement about a token. A driver may throw at once, or hang. */
function createReach(reports: StoreReports): <T>(kind: StoreOperation, operation: () => Promise<T>) => Promise<T> {
  return async (kind, operation) => {
    try {
      const result = await withPatience(operation)
      reports.worked(kind)
      return result
    } catch (cause) {
      const error = cause instanceof McpAuthError ? cause : new OAuthError('store_unavailable', { cause })
      if (error instanceof OAuthError && error.reason === 'store_unavailable') reports.failed(kind)
      throw error
    }
  }
}

async function withPatience<T>(operation: () => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new OAuthError('store_unavailable')), patienceMilliseconds)
  })
  try {
    return await Promise.race([operation(), silence])
  } finally {
    clearTimeout(timer)
  }
}
