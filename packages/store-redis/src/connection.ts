/** Operations that end in time, whatever Redis does. @module */
import type { Cluster, Redis } from 'ioredis'
import { toStoreError } from './failure.ts'
import { watch } from './gate.ts'

/** A connection, or those to the nodes of a cluster. */
export interface Connection {
  /** Sends a command. Rejects when it was refused, or when no answer came in time; the reasons hold no secret. */
  run<T>(operation: string, send: () => Promise<T>): Promise<T>
  /** Ends it, after the answers under way. */
  close(): Promise<void>
}

/** Looks after a client. */
export function connect(client: Redis | Cluster, timeoutSeconds: number): Connection {
  const gate = watch(client)
  const run = async <T>(operation: string, send: () => Promise<T>): Promise<T> => {
    try {
      return await within(timeoutSeconds, async (isOver) => {
        await gate.pass()
        // Nothing may be written for somebody who was told that it failed.
        if (isOver()) throw new Error('timeout')
        return await send()
      })
    } catch (error) {
      throw toStoreError(operation, error)
    }
  }
  const close = async (): Promise<void> => {
    if (client.status === 'ready') await run('QUIT', async () => await client.quit()).catch(() => {})
    client.disconnect()
  }
  return { run, close }
}

async function within<T>(seconds: number, work: (isOver: () => boolean) => Promise<T>): Promise<T> {
  let isOver = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const deadline = new Promise<never>((_, reject) => {
    const giveUp = (): void => reject(new Error('timeout'))
    // What has arrived counts: where this process was busy for long, timers go before what waits to be read.
    timer = setTimeout(() => setImmediate(giveUp), seconds * 1000)
  })
  try {
    return await Promise.race([work(() => isOver), deadline])
  } finally {
    isOver = true
    clearTimeout(timer)
  }
}
