/** Bytes of an active grant in Redis, and what Redis spends on each command. @module */
import { createRedisStore, type RedisStore } from '@mcp-auth/store-redis'
import { Redis } from 'ioredis'
import { freePort } from '../../store-redis/test/support/free-port.ts'
import { type RedisServer, run, startRedis } from '../../store-redis/test/support/redis-server.ts'
import { kindOf } from './recording-store.ts'
import { forEach, replay, type Traffic } from './traffic.ts'

/** What was measured. */
export interface RedisSizes {
  readonly version: string
  /** Growth of `used_memory` for each user, in bytes: consent marks, which live eleven minutes, included. */
  readonly afterSignIn: number
  /** The same after a refresh, and without the marks. */
  readonly afterRefresh: number
  /** `MEMORY USAGE` of one key, in bytes, by kind. */
  readonly byKind: Readonly<Record<string, number>>
  /** CPU time of Redis for each operation of the store, with sockets and all, in microseconds. */
  readonly microsecondsByOperation: number
}

/** Starts a Redis, signs users in, refreshes each once, and looks. `undefined` without a redis-server. */
export async function measureRedis(
  traffic: Traffic,
  count: number,
  kind: 'server' | 'cluster' = 'server',
): Promise<RedisSizes | undefined> {
  if (!(await isThere())) return undefined
  const server = kind === 'cluster' ? await startOneNode() : await startRedis()
  const store = createRedisStore({
    ...(kind === 'cluster' ? { cluster: [server.url] } : { url: server.url }),
    timeoutSeconds: 5,
  })
  try {
    return await measure(server, store, traffic, count)
  } finally {
    await store.close()
    await server.stop()
  }
}

/** A cluster of one node, which has all slots. */
async function startOneNode(): Promise<RedisServer> {
  const bus = ['--cluster-port', `${await freePort()}`, '--cluster-announce-ip', '127.0.0.1']
  const server = await startRedis({ args: ['--cluster-enabled', 'yes', ...bus] })
  const admin = new Redis(server.url)
  await admin.call('cluster', 'addslotsrange', '0', '16383')
  while (!String(await admin.call('cluster', 'info')).includes('cluster_state:ok')) {
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  admin.disconnect()
  return server
}

async function isThere(): Promise<boolean> {
  return await run(['--version']).then(
    () => true,
    (error: unknown) => !(error instanceof Error && 'code' in error && error.code === 'ENOENT'),
  )
}

async function measure(server: RedisServer, store: RedisStore, traffic: Traffic, count: number): Promise<RedisSizes> {
  const admin = new Redis(server.url)
  const read = async (section: string, name: string): Promise<string> => {
    const report = await admin.info(section)
    return new RegExp(`^${name}:(.*)$`, 'm').exec(report)?.[1]?.trim() ?? ''
  }
  const usedMemory = async (): Promise<number> => Number(await read('memory', 'used_memory'))
  const seconds = async (): Promise<number> =>
    Number(await read('cpu', 'used_cpu_user')) + Number(await read('cpu', 'used_cpu_sys'))
  try {
    await store.ping()
    const before = { bytes: await usedMemory(), seconds: await seconds() }
    await forEach(count, 200, async (user) => await replay(store, user, traffic.signIn))
    const afterSignIn = ((await usedMemory()) - before.bytes) / count
    const byKind = await sizesByKind(admin)
    await forEach(count, 200, async (user) => await replay(store, user, traffic.refresh))
    const spent = (await seconds()) - before.seconds
    const done = count * (traffic.signIn.length + traffic.refresh.length)
    await forget(admin, 'mcp-auth:consent:*')
    return {
      version: await read('server', 'redis_version'),
      afterSignIn,
      afterRefresh: ((await usedMemory()) - before.bytes) / count,
      // A grant is another one after its refresh.
      byKind: { ...byKind, 'grant, refreshed': (await sizesByKind(admin))['grant'] ?? 0 },
      microsecondsByOperation: (spent / done) * 1e6,
    }
  } finally {
    admin.disconnect()
  }
}

/** `MEMORY USAGE` of the first key of each kind. */
async function sizesByKind(admin: Redis): Promise<Readonly<Record<string, number>>> {
  const sizes: Record<string, number> = {}
  const [, keys] = await admin.scan('0', 'COUNT', 1000)
  for (const key of keys) {
    const kind = kindOf(key.slice('mcp-auth:'.length))
    if (kind !== '') sizes[kind] ??= Number(await admin.memory('USAGE', key))
  }
  return sizes
}

/** Deletes what would have expired by the time. */
async function forget(admin: Redis, pattern: string): Promise<void> {
  let cursor = '0'
  do {
    const [next, keys] = await admin.scan(cursor, 'MATCH', pattern, 'COUNT', 1000)
    // One at a time: in a cluster they lie in different slots.
    await Promise.all(keys.map(async (key) => await admin.del(key)))
    cursor = next
  } while (cursor !== '0')
}
