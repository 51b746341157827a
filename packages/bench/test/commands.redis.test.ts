/** What a whole life of a client is at a real Redis: one command for an operation, one key for a command. */
import type { StoreKey } from '@mcp-auth/core'
import { createRedisStore } from '@mcp-auth/store-redis'
import { Redis } from 'ioredis'
import { expect, it, onTestFinished } from 'vitest'
import { ask, startCluster } from '../../store-redis/test/support/redis-cluster.ts'
import { startRedis } from '../../store-redis/test/support/redis-server.ts'
import { runSteps } from '../src/flows.ts'
import { forEach, recordTraffic, replay } from '../src/traffic.ts'

const keyForm = /^mcp-auth:(transaction|consent|grant|lease|subject):[\w-]{43}$/

it('every operation is one command on one key at Redis', async () => {
  const server = await startRedis()
  onTestFinished(server.stop)
  const store = createRedisStore({ url: server.url, timeoutSeconds: 5 })
  onTestFinished(async () => await store.close())
  // The script is known from the first time on; what it does itself is told with the source `lua`.
  const key: StoreKey = 'lease:first'
  await store.compareAndSwap(key, 'a', 'b', { ttlSeconds: 1 })
  const admin = new Redis(server.url)
  onTestFinished(() => admin.disconnect())
  const watch = await admin.monitor()
  onTestFinished(() => watch.disconnect())
  const seen: (readonly string[])[] = []
  watch.on('monitor', (_time: string, command: readonly string[], source: string) => {
    if (source !== 'lua' && command[0]?.toLowerCase() !== 'info') seen.push(command)
  })

  const steps = await runSteps({ createStore: () => store })
  const operations = steps.flatMap((step) => step.operations)
  await store.ping()
  await expect.poll(() => seen.at(-1)?.[1]).toBe('mcp-auth:ping')

  const commands = seen.slice(0, -1)
  expect(commands).toHaveLength(operations.length)
  expect(new Set(commands.map(([name]) => name?.toLowerCase()))).toEqual(new Set(['get', 'set', 'getdel', 'evalsha']))
  const keys = commands.map((command) => command.filter((part) => part.startsWith('mcp-auth:')))
  expect(keys.filter((those) => those.length !== 1)).toEqual([])
  expect(keys.flat().filter((one) => !keyForm.test(one))).toEqual([])
})

it('in a cluster the flows of many users spread over all nodes, and none of them meets a wrong slot', async () => {
  const cluster = await startCluster()
  onTestFinished(cluster.stop)
  const store = createRedisStore({ cluster: cluster.urls, timeoutSeconds: 5 })
  onTestFinished(async () => await store.close())
  const { signIn, refresh, nextRefresh } = await recordTraffic()
  const users = 300
  await forEach(users, 20, async (user) => await replay(store, user, [...signIn, ...refresh, ...nextRefresh]))
  const sizes = await Promise.all(cluster.nodes.map(async ({ port }) => Number(await ask(port, 'dbsize'))))
  // A grant, the user's list of grants, a consent that is spent.
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(3 * users)
  for (const size of sizes) expect(size).toBeGreaterThan(users / 2)
  const errors = await Promise.all(cluster.nodes.map(async ({ port }) => await ask(port, 'info', 'errorstats')))
  expect(errors.join('\n')).not.toMatch(/CROSSSLOT/)
}, 60_000)
