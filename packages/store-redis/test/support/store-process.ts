/** Stores in another process, over messages. Run by Node as it is. @module */
import type { StoreKey } from '@mcp-auth/core'
import { createRedisStore, type RedisStore, type RedisStoreOptions } from '../../src/index.ts'

/** A call of a method of the store with these options. */
export interface StoreCall {
  readonly id: number
  readonly options: RedisStoreOptions
  readonly method: 'get' | 'set' | 'delete' | 'take' | 'compareAndSwap'
  readonly args: readonly unknown[]
}

/** What it came to. */
export interface StoreAnswer {
  readonly id: number
  readonly result?: unknown
  readonly error?: string
}

const stores = new Map<string, RedisStore>()

function storeFor(options: RedisStoreOptions): RedisStore {
  const name = JSON.stringify(options)
  const store = stores.get(name) ?? createRedisStore(options)
  stores.set(name, store)
  return store
}

async function call({ options, method, args }: StoreCall): Promise<unknown> {
  const store = storeFor(options)
  const [key, first, second, third] = args as [StoreKey, never, never, never]
  if (method === 'compareAndSwap') return await store.compareAndSwap(key, first, second, third)
  if (method === 'set') return await store.set(key, first, second)
  return await store[method](key)
}

process.on('message', (message: StoreCall) => {
  const { id } = message
  const answer = (rest: Omit<StoreAnswer, 'id'>): unknown => process.send?.({ id, ...rest })
  call(message).then(
    (result) => answer({ result }),
    (error: unknown) => answer({ error: String(error) }),
  )
})
process.on('disconnect', () => process.exit())
