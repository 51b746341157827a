import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { connect } from 'node:net'
import { inspect } from 'node:util'
import { OAuthError } from '@mcp-auth/core'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createRedisStore, type RedisStore, type RedisStoreOptions } from '../src/index.ts'
import { freePort } from './support/free-port.ts'
import { ask } from './support/redis-cluster.ts'
import { type RedisServer, type RedisServerOptions, startRedis } from './support/redis-server.ts'

// Processes take their time on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

const ttlSeconds = 60
const timeoutSeconds = 1
/** How long a store may take to come back by itself. */
const recovery = { timeout: 10_000 }

/** A server for the running test. */
async function serve(options?: RedisServerOptions): Promise<RedisServer> {
  const server = await startRedis(options)
  onTestFinished(server.stop)
  return server
}

/** A store for the running test. */
function open(options: RedisStoreOptions): RedisStore {
  const store = createRedisStore({ timeoutSeconds, ...options })
  onTestFinished(async () => await store.close())
  return store
}

/** Every operation, at once. */
async function everyOperation(store: RedisStore): Promise<readonly PromiseSettledResult<unknown>[]> {
  return await Promise.allSettled([
    store.get('grant:a'),
    store.set('grant:a', 'x', { ttlSeconds }),
    store.set('grant:b', 'x', { ttlSeconds, onlyIfAbsent: true }),
    store.delete('grant:a'),
    store.take('grant:a'),
    store.compareAndSwap('grant:a', 'a', 'x', { ttlSeconds }),
    store.ping(),
  ])
}

describe('while Redis is away', () => {
  it('D9 rejects every operation, keeps what was stored, and works again by itself', async () => {
    const server = await serve({ appendonly: true })
    const store = open({ url: server.url })
    await store.set('grant:a', 'a', { ttlSeconds })
    await server.kill()
    for (let round = 0; round < 3; round += 1) {
      const outcomes = await everyOperation(store)
      expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => 'rejected'))
    }
    await server.restart()
    await expect.poll(async () => await store.get('grant:a').catch(String), recovery).toBe('a')
    // Nothing that was refused was kept for later.
    expect(await store.get('grant:b')).toBeUndefined()
  })

  it('D9 refuses at once what is asked for when it is known that Redis is away', async () => {
    const server = await serve()
    const store = open({ url: server.url, timeoutSeconds: 5 })
    await store.ping()
    await server.kill()
    await expect(store.ping()).rejects.toThrow(/^Redis: SET failed: (ECONNREFUSED|connection lost)$/)
    await expect.poll(async () => await store.ping().catch(String)).toContain('ECONNREFUSED')
    const begin = performance.now()
    const outcomes = await Promise.allSettled(
      Array.from({ length: 1000 }, async (_, n) => await store.take(`grant:${n}`)),
    )
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
    // Less than the time of one operation.
    expect(performance.now() - begin).toBeLessThan(4500)
  })

  it('may be started before Redis is', async () => {
    const port = await freePort()
    const store = open({ url: `redis://127.0.0.1:${port}` })
    await expect(store.set('grant:a', 'early', { ttlSeconds })).rejects.toThrow('Redis: SET failed: ECONNREFUSED')
    await serve({ port })
    await expect.poll(async () => await store.ping().catch(String), recovery).toBeUndefined()
    expect(await store.get('grant:a')).toBeUndefined()
  })

  it('D9 does not wait for a server that hangs, and works again once it goes on', async () => {
    const server = await serve()
    const store = open({ url: server.url })
    await store.set('grant:z', 'z', { ttlSeconds })
    await server.kill('SIGSTOP')
    const outcomes = await everyOperation(store)
    expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => 'rejected'))
    await server.kill('SIGCONT')
    await expect.poll(async () => await store.get('grant:z').catch(String), recovery).toBe('z')
  })

  it('D9 does not wait for a host that takes no connection, and works once it does', async () => {
    const server = await serve({ args: ['--tcp-backlog', '1'] })
    await server.kill('SIGSTOP')
    // Once the queue of a listener that accepts nothing is full, the kernel drops what comes: like an unplugged cable.
    for (let n = 0; n < 8; n += 1) {
      const socket = connect(server.port, '127.0.0.1')
      onTestFinished(() => void socket.destroy())
    }
    const store = open({ url: server.url })
    await expect(store.get('grant:a')).rejects.toThrow('Redis: GET failed: no answer in time')
    await server.kill('SIGCONT')
    await expect.poll(async () => await store.ping().catch(String), recovery).toBeUndefined()
  })

  it('is not what it looks like when this process was busy: an answer that has arrived counts', async () => {
    const server = await serve()
    const store = open({ url: server.url, timeoutSeconds: 5 })
    await store.set('grant:a', 'a', { ttlSeconds })
    const reading = store.get('grant:a')
    // Until it is written, and no longer: nothing of the answer may be read yet.
    for (let n = 0; n < 20; n += 1) await Promise.resolve()
    // Longer than the time of an operation, and shorter than twice that: then the connection is given up.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5200)
    // Redis answers one after the other: who came later has an answer, so ours has arrived.
    execFileSync('redis-cli', ['-p', `${server.port}`, 'ping'])
    expect(await reading).toBe('a')
  })

  it('waits for a new connection where only the connection was lost', async () => {
    const server = await serve()
    const store = open({ url: server.url, timeoutSeconds: 5 })
    for (let round = 0; round < 5; round += 1) {
      await store.set('grant:a', `${round}`, { ttlSeconds })
      await ask(server.port, 'client', 'kill', 'type', 'normal')
      // The first command may still meet the connection that is about to close.
      await store.ping().catch(() => {})
      expect(await store.get('grant:a')).toBe(`${round}`)
    }
  })
})

describe('while Redis takes no writes', () => {
  it('D9 rejects at a primary that was demoted, and works again after a failover', async () => {
    const server = await serve()
    const store = open({ url: server.url })
    await store.set('grant:a', 'a', { ttlSeconds })
    await ask(server.port, 'replicaof', '127.0.0.1', '1')
    await expect(store.take('grant:a')).rejects.toThrow('Redis: GETDEL failed: READONLY')
    await expect.poll(async () => await store.ping().catch(String)).toContain('READONLY')
    await ask(server.port, 'replicaof', 'no', 'one')
    await expect.poll(async () => await store.ping().catch(String), recovery).toBeUndefined()
    expect(await store.take('grant:a')).toBe('a')
  })

  it('leaves the connection to a demoted primary, so that the next one may lead to the new one', async () => {
    const server = await serve()
    const store = open({ url: server.url })
    await store.ping()
    // Of all connections, the one that does not ask this.
    const connection = async (): Promise<string | undefined> =>
      /^id=(\d+)(?!.*cmd=client).*$/m.exec(await ask(server.port, 'client', 'list'))?.[1]
    const before = await connection()
    expect(before).toBeDefined()
    await ask(server.port, 'replicaof', '127.0.0.1', '1')
    await expect(store.set('grant:a', 'a', { ttlSeconds })).rejects.toThrow('READONLY')
    await expect.poll(connection).not.toBe(before)
  })

  it('D9 refuses writes for want of memory as a full store, and goes on reading and taking', async () => {
    const server = await serve()
    const store = open({ url: server.url })
    await store.set('grant:a', 'a', { ttlSeconds })
    await store.set('grant:b', 'b', { ttlSeconds })
    await ask(server.port, 'config', 'set', 'maxmemory', '1')
    for (const refused of [
      store.set('grant:c', 'c', { ttlSeconds }),
      store.compareAndSwap('grant:a', 'a', 'x', { ttlSeconds }),
    ]) {
      await expect(refused).rejects.toThrow(OAuthError)
      await expect(refused).rejects.toMatchObject({ reason: 'store_full', status: 503 })
    }
    expect(await store.get('grant:a')).toBe('a')
    expect(await store.take('grant:b')).toBe('b')
    await ask(server.port, 'config', 'set', 'maxmemory', '0')
    expect(await store.compareAndSwap('grant:a', 'a', 'x', { ttlSeconds })).toBe(true)
  })

  it('D9 rejects where Redis cannot save, and its readiness probe says so', async () => {
    const server = await serve({ args: ['--save', '900 1'] })
    const store = open({ url: server.url })
    await store.set('grant:a', 'a', { ttlSeconds })
    rmSync((await ask(server.port, 'config', 'get', 'dir')).split('\n')[1] ?? '', { recursive: true })
    await ask(server.port, 'bgsave')
    await expect.poll(async () => await store.ping().catch(String)).toContain('MISCONF')
    await expect(store.take('grant:a')).rejects.toThrow('Redis: GETDEL failed: MISCONF')
    expect(await store.get('grant:a')).toBe('a')
    await ask(server.port, 'config', 'set', 'stop-writes-on-bgsave-error', 'no')
    expect(await store.take('grant:a')).toBe('a')
  })

  it('D9 rejects while Redis loads what it saved, and works once that is done', async () => {
    const first = await startRedis({ args: ['--rdbcompression', 'no'] })
    const { port } = first
    const folder = (await ask(port, 'config', 'get', 'dir')).split('\n')[1] ?? ''
    onTestFinished(first.stop)
    const store = open({ url: first.url })
    for (let n = 0; n < 100; n += 1) await store.set(`grant:${n}`, 'x'.repeat(2000), { ttlSeconds })
    await ask(port, 'save')
    await first.kill()
    // It answers after each entry, and takes twenty seconds for all of them unless it is told to hurry.
    const slowly = ['--key-load-delay', '200000', '--loading-process-events-interval-bytes', '1024']
    const loading = startRedis({ port, folder, args: slowly })
    onTestFinished(async () => await (await loading).stop())
    const answers: string[] = []
    await expect
      .poll(async () => {
        answers.push(await ask(port, 'get', 'any').catch(String))
        return answers.at(-1)
      }, recovery)
      .toContain('LOADING')
    await expect(store.get('grant:1')).rejects.toThrow('Redis: GET failed')
    await ask(port, 'config', 'set', 'key-load-delay', '0')
    await loading
    await expect.poll(async () => (await store.get('grant:1').catch(String))?.length, recovery).toBe(2000)
  })
})

describe('a password', () => {
  it('is in no error, and no trouble with it ends the process or is printed', async () => {
    const print = [vi.spyOn(console, 'error'), vi.spyOn(console, 'warn'), vi.spyOn(console, 'log')]
    const server = await serve({ args: ['--requirepass', 'the-right-one'] })
    const store = open({ url: server.url.replace('//', '//default:wr0ng-s3cret@') })
    const errors: unknown[] = []
    for (const outcome of await everyOperation(store)) if (outcome.status === 'rejected') errors.push(outcome.reason)
    expect(errors).toHaveLength(7)
    expect(String(errors[0])).toBe('Error: Redis: GET failed: WRONGPASS')
    expect(inspect(errors, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toContain('wr0ng')
    await ask(server.port, '-a', 'the-right-one', 'config', 'set', 'requirepass', 'wr0ng-s3cret')
    await expect.poll(async () => await store.ping().catch(String), recovery).toBeUndefined()
    for (const spy of print) expect(spy).not.toHaveBeenCalled()
  })

  it('is not needed to be right in the first place for an operation to reject', async () => {
    const server = await serve({ args: ['--requirepass', 'the-right-one'] })
    await expect(open({ url: server.url }).get('grant:a')).rejects.toThrow('Redis: GET failed: NOAUTH')
  })
})

describe('what an error says', () => {
  it('names no key and no value', async () => {
    const server = await serve({ args: ['--rename-command', 'GETDEL', 'gone'] })
    const store = open({ url: server.url })
    const admin = new Redis(server.url)
    onTestFinished(() => admin.disconnect())
    await admin.hset('mcp-auth:grant:name', 'field', 'value')
    const errors = await Promise.all([
      store.take('grant:name').catch((error: unknown) => error),
      store.get('grant:name').catch((error: unknown) => error),
      store.compareAndSwap('grant:name', 'value', 'value', { ttlSeconds }).catch((error: unknown) => error),
    ])
    expect(errors.map(String)).toEqual([
      'Error: Redis: GETDEL failed: the command is unknown; Redis 6.2 or Valkey is the least',
      'Error: Redis: GET failed: WRONGTYPE',
      'Error: Redis: EVALSHA failed: WRONGTYPE',
    ])
    expect(inspect(errors, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toMatch(/grant:name|'value'/)
  })
})
