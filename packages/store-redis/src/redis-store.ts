/** The five operations, each on one key, in one step. @module */
import type { Store, StoreKey } from '@mcp-auth/core'
import type { Cluster, Redis } from 'ioredis'
import { openClient } from './client.ts'
import { type Connection, connect } from './connection.ts'
import { findEviction } from './eviction.ts'
import { parseRedisStoreOptions, type RedisStoreOptions } from './options.ts'
import { compareAndSwap } from './script.ts'

/** A {@link Store} on Redis. */
export interface RedisStore extends Store {
  /** Rejects when Redis is out of reach or takes no writes; for readiness probes. */
  ping(): Promise<void>
  /** Closes the connections of the store. Operations reject from then on. */
  close(): Promise<void>
}

/**
 * Creates the store and begins to connect. While Redis is out of reach every operation rejects within
 * `timeoutSeconds`; no restart is needed once it is back. A write that rejects may have been done all the same.
 * @throws {ConfigurationError} for options that cannot work
 * @see [SET](https://redis.io/docs/latest/commands/set/), [GETDEL](https://redis.io/docs/latest/commands/getdel/)
 * @example
 * const store = createRedisStore({ url: 'redis://127.0.0.1:6379' })
 */
export function createRedisStore(options: RedisStoreOptions): RedisStore {
  const { target, tls, keyPrefix, timeoutSeconds, onWarning } = parseRedisStoreOptions(options)
  const client = openClient(target, tls, timeoutSeconds)
  const connection = connect(client, timeoutSeconds)
  const checkOnce = createCheck(client, connection, onWarning)
  const run = async <T>(operation: string, send: () => Promise<T>): Promise<T> => {
    const answer = await connection.run(operation, send)
    checkOnce()
    return answer
  }
  const at = (key: StoreKey): string => keyPrefix + key
  return {
    async get(key) {
      return (await run('GET', async () => await client.get(at(key)))) ?? undefined
    },
    async set(key, value, { ttlSeconds, onlyIfAbsent = false }) {
      const lifetime = toMilliseconds(ttlSeconds)
      const answer = await run('SET', async () =>
        onlyIfAbsent
          ? await client.set(at(key), value, 'PX', lifetime, 'NX')
          : await client.set(at(key), value, 'PX', lifetime),
      )
      return answer === 'OK'
    },
    async delete(key) {
      await run('DEL', async () => await client.del(at(key)))
    },
    async take(key) {
      return (await run('GETDEL', async () => await client.getdel(at(key)))) ?? undefined
    },
    async compareAndSwap(key, expected, next, { ttlSeconds }) {
      const lifetime = toMilliseconds(ttlSeconds)
      return await run('EVALSHA', async () => await compareAndSwap(client, at(key), expected, next, lifetime))
    },
    async ping() {
      // A replica, and a server that cannot save, answer PING as ever.
      await run('SET', async () => await client.set(`${keyPrefix}ping`, '', 'PX', 1))
    },
    async close() {
      await connection.close()
    },
  }
}

/** Redis counts whole milliseconds, from one on. */
function toMilliseconds(ttlSeconds: number): number {
  const milliseconds = Math.max(1, Math.round(ttlSeconds * 1000))
  if (ttlSeconds > 0 && Number.isSafeInteger(milliseconds)) return milliseconds
  throw new RangeError('ttlSeconds must be greater than zero, and finite')
}

/** Looks once, when Redis has answered, whether the entries are safe. Work does not wait for it. */
function createCheck(
  client: Redis | Cluster,
  connection: Connection,
  onWarning: (message: string) => void,
): () => void {
  const check = async (): Promise<void> => {
    const warning = await connection.run('INFO', async () => await findEviction(client))
    if (warning !== undefined) onWarning(warning)
  }
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    // Who may not ask is not warned.
    void check().catch(() => {})
  }
}
