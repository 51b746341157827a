import { describeStoreContract, type StoreFixture } from '@mcp-auth/testing/store-contract'
import { Redis } from 'ioredis'
import { afterAll, beforeAll } from 'vitest'
import { createRedisStore, type RedisStoreOptions } from '../src/index.ts'
import { type OtherProcess, startProcess } from './support/other-process.ts'
import { type RedisCluster, startCluster } from './support/redis-cluster.ts'
import { type RedisServer, startRedis } from './support/redis-server.ts'
import { age } from './support/time.ts'

let server: RedisServer
let cluster: RedisCluster
let other: OtherProcess
const admins: Redis[] = []
let cases = 0
/** Thousands of commands at once take their time on a busy machine. */
const timeoutSeconds = 5

beforeAll(async () => {
  ;[server, cluster] = await Promise.all([startRedis(), startCluster()])
  for (const { url } of [server, ...cluster.nodes]) admins.push(new Redis(url))
  other = startProcess()
}, 30_000)

afterAll(async () => {
  for (const admin of admins) admin.disconnect()
  await Promise.all([other.stop(), server.stop(), cluster.stop()])
})

/** Three connections of ours and one of another process, on keys that no other case has. */
function fixture(options: RedisStoreOptions, servers: readonly Redis[]): StoreFixture {
  const keyPrefix = `case-${++cases}:`
  const [store, ...others] = [1, 2, 3].map(() => createRedisStore({ ...options, keyPrefix, timeoutSeconds }))
  if (store === undefined) throw new Error('there is one')
  return {
    store,
    others: [...others, other.store({ ...options, keyPrefix, timeoutSeconds })],
    advance: async (seconds) => await age(servers, keyPrefix, seconds),
    close: async () => void (await Promise.all([store, ...others].map(async (one) => await one.close()))),
  }
}

describeStoreContract('Redis', () => fixture({ url: server.url }, admins.slice(0, 1)))
describeStoreContract('Redis Cluster', () => fixture({ cluster: cluster.urls }, admins.slice(1)))
