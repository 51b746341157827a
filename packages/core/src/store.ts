/** The storage contract: five atomic operations on opaque strings. @module */

/** `kind:` followed by a hash. A key never contains a secret. */
export type StoreKey = `${StoreKind}:${string}`

/** What core keeps in a store; see STORAGE.md for each record and its lifetime. */
export const storeKinds = ['transaction', 'consent', 'grant', 'lease', 'assertion', 'subject'] as const

/** What a record is: the beginning of its key. */
export type StoreKind = (typeof storeKinds)[number]

/** Options of {@link Store.set}. */
export interface StoreSetOptions {
  /** Lifetime in seconds, greater than zero. An expired entry is absent for every operation. */
  readonly ttlSeconds: number
  /** Write only when the key is absent; the result tells whether it was. */
  readonly onlyIfAbsent?: boolean
}

/**
 * What core needs from a database. Values are opaque: core seals them before they get here.
 *
 * Every method may reject when the database is out of reach; core answers 503 then and changes nothing.
 * `take`, `compareAndSwap` and `set` with `onlyIfAbsent` must be atomic among all users of the database:
 * of any number of concurrent callers at most one succeeds.
 */
export interface Store {
  /** The value, or `undefined` when absent or expired. */
  get(key: StoreKey): Promise<string | undefined>
  /** Writes the value. Resolves to `false` only when `onlyIfAbsent` was asked for and the key exists. */
  set(key: StoreKey, value: string, options: StoreSetOptions): Promise<boolean>
  /** Removes the key; removing an absent key is not an error. */
  delete(key: StoreKey): Promise<void>
  /** Reads and removes in one atomic step, so that a handle works once. */
  take(key: StoreKey): Promise<string | undefined>
  /** Replaces `expected` by `next` in one atomic step; resolves to `false` when the stored value is another. */
  compareAndSwap(
    key: StoreKey,
    expected: string,
    next: string,
    options: { readonly ttlSeconds: number },
  ): Promise<boolean>
}
