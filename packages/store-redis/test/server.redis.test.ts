import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createRedisStore, type RedisStore, type RedisStoreOptions } from '../src/index.ts'
import { ask, startCluster } from './support/redis-cluster.ts'
import { type RedisServer, startRedis } from './support/redis-server.ts'

// Processes take their time on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

const ttlSeconds = 60
let server: RedisServer
let admin: Redis

beforeAll(async () => {
  server = await startRedis()
  admin = new Redis(server.url)
})
afterAll(async () => {
  admin.disconnect()
  await server.stop()
})

/** A store for the running test. */
function open(options: RedisStoreOptions = { url: server.url }): RedisStore {
  const store = createRedisStore(options)
  onTestFinished(async () => await store.close())
  return store
}

describe('what is in Redis', () => {
  it('is one key for each entry, under the prefix, with the value as it is', async () => {
    await admin.flushall()
    const keyPrefix = 'app one:'
    const store = open({ url: server.url, keyPrefix })
    await open().set('grant:a', 'other', { ttlSeconds })
    await store.set('grant:a', 'v\u00e9', { ttlSeconds })
    expect(await admin.get('app one:grant:a')).toBe('v\u00e9')
    expect(await admin.get('mcp-auth:grant:a')).toBe('other')
    expect((await admin.keys('*')).sort()).toEqual(['app one:grant:a', 'mcp-auth:grant:a'])
  })

  it.each([
    [30.25, 30_250],
    [0.5, 500],
    [0.0001, 1],
    [400 * 86_400, 400 * 86_400_000],
  ])('lives for %d seconds, counted in milliseconds', async (seconds, milliseconds) => {
    const store = open()
    const sent: string[] = []
    const monitor = await admin.monitor()
    onTestFinished(() => monitor.disconnect())
    monitor.on('monitor', (_time: string, command: string[]) => sent.push(command.join(' ')))
    await store.set('grant:t', 'a', { ttlSeconds: seconds })
    await store.set('grant:t', 'a', { ttlSeconds: seconds, onlyIfAbsent: true })
    await store.set('grant:u', 'a', { ttlSeconds })
    await store.compareAndSwap('grant:u', 'a', 'b', { ttlSeconds: seconds })
    await expect
      .poll(() => sent)
      .toEqual(
        expect.arrayContaining([
          `set mcp-auth:grant:t a PX ${milliseconds}`,
          `set mcp-auth:grant:t a PX ${milliseconds} NX`,
          `SET mcp-auth:grant:u b PX ${milliseconds}`,
        ]),
      )
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    'is nothing for a lifetime of %d seconds, which is a mistake of the caller',
    async (seconds) => {
      const store = open()
      await store.set('grant:r', 'a', { ttlSeconds })
      await expect(store.set('grant:r', 'b', { ttlSeconds: seconds })).rejects.toThrow(RangeError)
      await expect(store.compareAndSwap('grant:r', 'a', 'b', { ttlSeconds: seconds })).rejects.toThrow(RangeError)
      expect(await store.get('grant:r')).toBe('a')
    },
  )

  it('is swapped by a server that forgot the script', async () => {
    const store = open()
    await store.set('grant:s', '0', { ttlSeconds })
    for (let n = 0; n < 3; n += 1) {
      await admin.script('FLUSH')
      expect(await store.compareAndSwap('grant:s', `${n}`, `${n + 1}`, { ttlSeconds })).toBe(true)
    }
    expect(await store.get('grant:s')).toBe('3')
  })

  it('is in the database the URL names', async () => {
    const store = open({ url: `${server.url}/3` })
    await store.set('grant:d', 'three', { ttlSeconds })
    expect(await open().get('grant:d')).toBeUndefined()
    await ask(server.port, 'client', 'kill', 'type', 'normal', 'skipme', 'no')
    await store.ping().catch(() => {})
    expect(await store.get('grant:d')).toBe('three')
  })
})

describe('a user of Redis', () => {
  it('needs seven commands on the keys of the prefix and no more', async () => {
    vi.spyOn(console, 'warn').mockReturnValue()
    const commands = ['+get', '+set', '+del', '+getdel', '+evalsha', '+eval']
    await admin.acl('SETUSER', 'app', 'on', '>pass word', '~mcp-auth:*', '-@all', ...commands, '+info')
    const onWarning = vi.fn<(message: string) => void>()
    const store = open({ url: `redis://app:pass%20word@127.0.0.1:${server.port}`, onWarning })
    expect(await store.set('grant:u', 'a', { ttlSeconds })).toBe(true)
    expect(await store.get('grant:u')).toBe('a')
    expect(await store.compareAndSwap('grant:u', 'a', 'b', { ttlSeconds })).toBe(true)
    expect(await store.take('grant:u')).toBe('b')
    await store.delete('grant:u')
    await store.ping()
    const elsewhere = open({ url: `redis://app:pass%20word@127.0.0.1:${server.port}`, keyPrefix: 'other:' })
    await expect(elsewhere.get('grant:u')).rejects.toThrow('Redis: GET failed: NOPERM')
    expect(console.warn).not.toHaveBeenCalled()
  })
})

describe('the warning of eviction', () => {
  it.each(['allkeys-lru', 'volatile-ttl'])('comes once for %s', async (policy) => {
    await admin.config('SET', 'maxmemory-policy', policy)
    onTestFinished(async () => void (await admin.config('SET', 'maxmemory-policy', 'noeviction')))
    const onWarning = vi.fn<(message: string) => void>()
    const store = open({ url: server.url, onWarning })
    await store.get('grant:a')
    await expect.poll(() => onWarning.mock.calls.length).toBe(1)
    expect(onWarning).toHaveBeenCalledWith(expect.stringContaining(`maxmemory-policy of Redis is ${policy}`))
    for (let n = 0; n < 20; n += 1) await store.get('grant:a')
    expect(onWarning).toHaveBeenCalledTimes(1)
  })

  it('goes to the process where nobody asked for it', async () => {
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lfu')
    onTestFinished(async () => void (await admin.config('SET', 'maxmemory-policy', 'noeviction')))
    const warnings: Error[] = []
    const note = (warning: Error): void => void warnings.push(warning)
    process.on('warning', note)
    onTestFinished(() => void process.off('warning', note))
    await open().ping()
    await expect.poll(() => warnings.map(({ message }) => message)).toEqual([expect.stringContaining('allkeys-lfu')])
  })

  it('does not come for noeviction', async () => {
    const onWarning = vi.fn<(message: string) => void>()
    const store = open({ url: server.url, onWarning })
    const infos = async (): Promise<number> =>
      Number(/cmdstat_info:calls=(\d+)/.exec(await admin.info('commandstats'))?.[1])
    const before = await infos()
    await store.get('grant:a')
    // One when the connection is made, one of the store, one of ours.
    await expect.poll(infos).toBeGreaterThanOrEqual(before + 3)
    expect(onWarning).not.toHaveBeenCalled()
  })

  it('comes for one node of a cluster', async () => {
    const cluster = await startCluster()
    onTestFinished(cluster.stop)
    await ask(cluster.nodes[2]?.port ?? 0, 'config', 'set', 'maxmemory-policy', 'allkeys-random')
    const onWarning = vi.fn<(message: string) => void>()
    await open({ cluster: cluster.urls, onWarning }).get('grant:a')
    await expect.poll(() => onWarning.mock.calls.flat()).toEqual([expect.stringContaining('allkeys-random')])
  })
})

describe('closing', () => {
  it('ends the connection of the store, and no operation waits for it', async () => {
    const store = open()
    await store.ping()
    const clients = async (): Promise<number> =>
      Number(/connected_clients:(\d+)/.exec(await admin.info('clients'))?.[1])
    const before = await clients()
    const reading = store.get('grant:a')
    await store.close()
    await store.close()
    await expect(reading).resolves.not.toThrow()
    await expect(store.get('grant:a')).rejects.toThrow('Redis: GET failed')
    await expect(store.ping()).rejects.toThrow('Redis: SET failed')
    await expect.poll(clients).toBe(before - 1)
  })

  it('leaves an instance of the user as it was', async () => {
    const client = new Redis(server.url, { keyPrefix: 'mine:' })
    onTestFinished(() => client.disconnect())
    const store = open({ client })
    await store.set('grant:a', 'a', { ttlSeconds })
    expect(await client.get('mcp-auth:grant:a')).toBe('a')
    await store.close()
    expect(await client.get('mcp-auth:grant:a')).toBe('a')
  })

  it('uses an instance that is subscribed, blocked or not connected yet', async () => {
    const subscribed = new Redis(server.url)
    await subscribed.subscribe('news')
    const blocked = new Redis(server.url)
    const blocking = blocked.blpop('nothing', 0).catch(() => {})
    const lazy = new Redis(server.url, { lazyConnect: true })
    for (const client of [subscribed, blocked, lazy]) {
      onTestFinished(() => client.disconnect())
      const store = open({ client })
      expect(await store.set('grant:a', 'a', { ttlSeconds })).toBe(true)
    }
    expect(lazy.status).toBe('wait')
    blocked.disconnect()
    await blocking
  })
})
