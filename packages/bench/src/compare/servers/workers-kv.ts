/** A KV namespace of Cloudflare Workers, made of a map. @module */

/** The part of a KV namespace that is used. */
export interface KVNamespace {
  get(key: string, type?: { readonly type?: string } | string): Promise<unknown>
  put(
    key: string,
    value: string,
    options?: { readonly expirationTtl?: number; readonly expiration?: number },
  ): Promise<void>
  delete(key: string): Promise<void>
  list(options?: {
    readonly prefix?: string
  }): Promise<{ readonly keys: readonly { readonly name: string }[]; readonly list_complete: true }>
}

interface Entry {
  readonly value: string
  /** Seconds since the epoch. */
  readonly expiration: number
}

/** Creates one. Keys with the same text up to their last colon are found without a search, as in an ordered store. */
export function createKVNamespace(): KVNamespace {
  const entries = new Map<string, Entry>()
  const families = new Map<string, Set<string>>()
  const familyOf = (key: string): string => key.slice(0, key.lastIndexOf(':') + 1)
  const find = (key: string): Entry | undefined => {
    const entry = entries.get(key)
    return entry && entry.expiration > Date.now() / 1000 ? entry : undefined
  }
  return {
    async get(key, type) {
      const value = find(key)?.value
      if (value === undefined) return null
      const isJSON = (typeof type === 'string' ? type : type?.type) === 'json'
      return isJSON ? (JSON.parse(value) as unknown) : value
    },
    async put(key, value, { expirationTtl, expiration = Infinity } = {}) {
      entries.set(key, {
        value,
        expiration: expirationTtl === undefined ? expiration : Date.now() / 1000 + expirationTtl,
      })
      const family = familyOf(key)
      families.set(family, (families.get(family) ?? new Set()).add(key))
    },
    async delete(key) {
      entries.delete(key)
      const family = families.get(familyOf(key))
      family?.delete(key)
      if (family?.size === 0) families.delete(familyOf(key))
    },
    async list({ prefix = '' } = {}) {
      const all = [...(families.get(prefix) ?? entries.keys())]
      const names = all.filter((key) => key.startsWith(prefix) && find(key) !== undefined)
      return { keys: names.map((name) => ({ name })), list_complete: true }
    },
  }
}
