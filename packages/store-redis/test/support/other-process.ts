/** A process beside ours that uses the same database. @module */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Store } from '@mcp-auth/core'
import type { RedisStoreOptions } from '../../src/index.ts'
import type { StoreAnswer, StoreCall } from './store-process.ts'

/** The process. */
export interface OtherProcess {
  /** A store over there. */
  store(options: RedisStoreOptions): Store
  readonly stop: () => Promise<void>
}

interface Caller {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

/** Starts a process. */
export function startProcess(): OtherProcess {
  const child = fork(fileURLToPath(new URL('./store-process.ts', import.meta.url)), { execArgv: [] })
  const callers = new Map<number, Caller>()
  let calls = 0
  child.on('message', ({ id, result, error }: StoreAnswer) => {
    const caller = callers.get(id)
    callers.delete(id)
    if (error === undefined) caller?.resolve(result)
    else caller?.reject(new Error(error))
  })
  const call = async <T>(options: RedisStoreOptions, method: StoreCall['method'], ...args: unknown[]): Promise<T> => {
    const id = ++calls
    const message: StoreCall = { id, options, method, args }
    const answer = new Promise<unknown>((resolve, reject) => callers.set(id, { resolve, reject }))
    child.send(message)
    return (await answer) as T
  }
  return {
    store: (options) => ({
      get: async (key) => await call(options, 'get', key),
      set: async (key, value, setOptions) => await call(options, 'set', key, value, setOptions),
      delete: async (key) => await call(options, 'delete', key),
      take: async (key) => await call(options, 'take', key),
      compareAndSwap: async (key, expected, next, swapOptions) =>
        await call(options, 'compareAndSwap', key, expected, next, swapOptions),
    }),
    stop: async () => {
      const exit = once(child, 'exit')
      child.disconnect()
      await exit
    },
  }
}
