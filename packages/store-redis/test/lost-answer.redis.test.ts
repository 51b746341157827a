import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { RedisStore } from '../src/index.ts'
import { createRedisStore } from '../src/index.ts'
import { type Forwarder, startForwarder } from './support/forwarder.ts'
import { ask, type RedisCluster, startCluster } from './support/redis-cluster.ts'
import { type RedisServer, startRedis } from './support/redis-server.ts'

const ttlSeconds = 60
/** Where nobody waits for it to end, and where somebody does. */
const [usualSeconds, shortSeconds] = [5, 3]

let server: RedisServer
let cluster: RedisCluster
const lines: Forwarder[] = []

beforeAll(async () => {
  ;[server, cluster] = await Promise.all([startRedis(), startCluster()])
  for (const { port } of [server, ...cluster.nodes]) lines.push(await startForwarder(port))
}, 30_000)

afterAll(async () => {
  await Promise.all(lines.map(async (line) => await line.stop()))
  await Promise.all([server.stop(), cluster.stop()])
})

/** How often the servers were asked for these commands. */
async function callsOf(...commands: readonly string[]): Promise<number> {
  const reports = await Promise.all([server, ...cluster.nodes].map(({ port }) => ask(port, 'info', 'commandstats')))
  const counts = commands.map((name) => [...reports.join('').matchAll(new RegExp(`cmdstat_${name}:calls=(\\d+)`, 'g'))])
  return counts.flat().reduce((sum, [, calls]) => sum + Number(calls), 0)
}

/** Where the answer is lost, whatever line the command takes. */
function dropAnswerTo(command: RegExp): void {
  for (const line of lines) line.dropAnswerTo(command)
}

/** A client as people make them, who may resend what they like. */
function resendingClient(): Redis {
  return new Redis({ port: lines[0]?.port ?? 0, maxRetriesPerRequest: 20, autoResendUnfulfilledCommands: true })
}

function resendingCluster(): Cluster {
  const ways = cluster.nodes.map(({ port }, n) => [port, { host: '127.0.0.1', port: lines[n + 1]?.port ?? 0 }] as const)
  const natMap = Object.fromEntries(ways.map(([port, way]) => [`127.0.0.1:${port}`, way]))
  return new Cluster(
    ways.map(([, way]) => way),
    { natMap, retryDelayOnFailover: 10, clusterNodeRetryStrategy: () => 10 },
  )
}

const setups: readonly (readonly [string, (timeoutSeconds: number) => { store: RedisStore; end?: () => void }])[] = [
  [
    'a URL',
    (seconds) => ({
      store: createRedisStore({ url: `redis://127.0.0.1:${lines[0]?.port}`, timeoutSeconds: seconds }),
    }),
  ],
  [
    'a client that resends',
    (seconds) => {
      const client = resendingClient()
      return { store: createRedisStore({ client, timeoutSeconds: seconds }), end: () => client.disconnect() }
    },
  ],
  [
    'a cluster client that resends',
    (seconds) => {
      const client = resendingCluster()
      return { store: createRedisStore({ client, timeoutSeconds: seconds }), end: () => client.disconnect() }
    },
  ],
]

describe.each(setups)('an answer that is lost, over %s', (_, create) => {
  let store: RedisStore

  /** A store with connections of its own. */
  const open = async (seconds: number): Promise<RedisStore> => {
    const made = create(seconds)
    onTestFinished(async () => {
      for (const line of lines) line.hold(false)
      await made.store.close()
      made.end?.()
    })
    await made.store.delete('grant:a')
    return made.store
  }

  beforeEach(async () => {
    store = await open(usualSeconds)
  })

  it('C1 fails a take, which is done once and never sent again', async () => {
    await store.set('grant:a', 'first', { ttlSeconds })
    const before = await callsOf('getdel')
    dropAnswerTo(/getdel/i)
    await expect(store.take('grant:a')).rejects.toThrow('Redis: GETDEL failed')
    // Sent again it would take what somebody else has written since.
    await store.set('grant:a', 'second', { ttlSeconds })
    expect(await store.get('grant:a')).toBe('second')
    expect((await callsOf('getdel')) - before).toBe(1)
  })

  it('C2 fails a swap, which is done once and never sent again', async () => {
    await store.set('grant:a', 'a', { ttlSeconds })
    await store.compareAndSwap('grant:a', 'a', 'b', { ttlSeconds })
    const before = await callsOf('evalsha', 'eval')
    dropAnswerTo(/evalsha/i)
    await expect(store.compareAndSwap('grant:a', 'b', 'a', { ttlSeconds })).rejects.toThrow('Redis: EVALSHA failed')
    expect(await store.get('grant:a')).toBe('a')
    expect((await callsOf('evalsha', 'eval')) - before).toBe(1)
  })

  it('fails a write of what is absent, which is done once and never sent again', async () => {
    const before = await callsOf('set')
    dropAnswerTo(/\bset\b[\s\S]*\bNX\b/i)
    await expect(store.set('grant:a', 'a', { ttlSeconds, onlyIfAbsent: true })).rejects.toThrow('Redis: SET failed')
    expect(await store.get('grant:a')).toBe('a')
    expect((await callsOf('set')) - before).toBe(1)
  })

  it('sends nothing later that was asked for while answers failed to come', async () => {
    store = await open(shortSeconds)
    for (const line of lines) line.hold(true)
    const pending = await Promise.allSettled(
      Array.from({ length: 20 }, async () => await store.set('grant:a', 'late', { ttlSeconds })),
    )
    expect(pending.map(({ status }) => status)).toEqual(pending.map(() => 'rejected'))
    // Once the connection is given up, what is asked for during the outage never reaches Redis.
    const carrying = (): number => lines.reduce((sum, line) => sum + line.carrying(/grant:a[\s\S]*late/), 0)
    await expect.poll(carrying, { timeout: 10_000 }).toBe(0)
    const before = await callsOf('set')
    await expect(store.set('grant:a', 'later', { ttlSeconds })).rejects.toThrow('Redis: SET failed')
    for (const line of lines) line.hold(false)
    await expect.poll(async () => await store.get('grant:a'), { timeout: 10_000 }).toBe('late')
    expect((await callsOf('set')) - before).toBe(0)
  }, 40_000)
})
