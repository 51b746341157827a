/** Whether it makes sense to send a command now. @module */
import type { Cluster, Redis } from 'ioredis'
import { codeOf } from './failure.ts'

/** Lets commands through to a connection. */
export interface Gate {
  /** Resolves when the connection is ready. Rejects as soon as it is known that it is not going to be. */
  pass(): Promise<void>
}

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * Watches a connection. While the first attempt to connect, or to connect again, is under way, commands wait for it;
 * once an attempt has failed they are refused at once, until one succeeds.
 */
export function watch(client: Redis | Cluster): Gate {
  const waiters = new Set<Waiter>()
  let wasReady = false
  let outage: Error | undefined
  const fail = (error: unknown): void => {
    outage = new Error(codeOf(error))
    for (const { reject } of waiters) reject(outage)
    waiters.clear()
  }
  client.on('ready', () => {
    wasReady = true
    outage = undefined
    for (const { resolve } of waiters) resolve()
    waiters.clear()
  })
  client.on('close', () => {
    if (!wasReady && outage === undefined) fail(undefined)
    wasReady = false
  })
  client.on('end', () => fail(undefined))
  client.on('error', (error: Error) => {
    if (client.status !== 'ready') fail(error)
  })
  return {
    pass: async () => {
      if (client.status === 'ready') return
      if (outage !== undefined) throw outage
      await new Promise<void>((resolve, reject) => waiters.add({ resolve, reject }))
    },
  }
}
