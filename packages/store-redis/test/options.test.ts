import { createServer, type Server } from 'node:net'
import { inspect } from 'node:util'
import { ConfigurationError } from '@mcp-auth/core'
import { Cluster, Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createRedisStore, type RedisStoreOptions } from '../src/index.ts'
import { parseRedisStoreOptions } from '../src/options.ts'
import { freePort } from './support/free-port.ts'

/** Options as somebody without types may write them. */
function refusalOf(options: unknown): ConfigurationError {
  try {
    createRedisStore(options as RedisStoreOptions)
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    throw error
  }
  throw new Error('these options were not refused')
}

describe('a URL', () => {
  it.each([
    ['redis://127.0.0.1', { host: '127.0.0.1', port: 6379, isTLS: false, database: 0 }],
    ['redis://cache.example:7000/', { host: 'cache.example', port: 7000, isTLS: false, database: 0 }],
    ['rediss://[::1]:7000/12', { host: '::1', port: 7000, isTLS: true, database: 12 }],
    ['redis://:p%40ss@h', { host: 'h', port: 6379, isTLS: false, database: 0, password: 'p@ss' }],
    ['redis://u%2f:p:q@h/1', { host: 'h', port: 6379, isTLS: false, database: 1, username: 'u/', password: 'p:q' }],
  ])('is read: %s', (url, address) => {
    const expected = { username: undefined, password: undefined, ...address }
    expect(parseRedisStoreOptions({ url }).target).toEqual({ kind: 'server', address: expected })
  })

  it.each([
    '',
    'localhost:6379',
    '127.0.0.1',
    'http://127.0.0.1:6379',
    'redis:',
    'redis:///0',
    'redis://h:99999',
    'redis://h/mine',
    'redis://h/1/2',
    'redis://h/-1',
    'redis://h?family=6',
    'redis://h#1',
    'redis://:100%@h',
    42,
    null,
  ])('that is none is refused: %s', (url) => {
    expect(refusalOf({ url }).option).toBe('url')
    expect(refusalOf({ cluster: ['redis://h', url] }).option).toBe('cluster')
    expect(refusalOf({ sentinel: { primary: 'mymaster', urls: [url] } }).option).toBe('sentinel.urls')
  })

  it('is quoted by no refusal: it may hold a password', () => {
    const urls = ['redis://:s3cret@h?x=1', 'redis://:s3cret@h/name', 'http://:s3cret@h', 'redis://:s3cret%@h', 's3cret']
    for (const url of urls) {
      expect(inspect(refusalOf({ url }), { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toContain('s3cret')
    }
  })
})

describe('options', () => {
  it.each([
    ['url', {}],
    ['url', { url: 'redis://h', cluster: ['redis://h'] }],
    ['url', { client: undefined }],
    ['client', { client: {} }],
    ['client', { client: 'redis://h' }],
    ['client', { client: null }],
    ['cluster', { cluster: [] }],
    ['cluster', { cluster: 'redis://h' }],
    ['cluster', { cluster: ['redis://a', 'rediss://b'] }],
    ['cluster', { cluster: ['redis://a', 'redis://b/1'] }],
    ['sentinel', { sentinel: null }],
    ['sentinel.primary', { sentinel: { primary: '', urls: ['redis://h'] } }],
    ['sentinel.urls', { sentinel: { primary: 'mymaster', urls: [] } }],
    ['sentinel.urls', { sentinel: { primary: 'mymaster' } }],
    ['sentinel.password', { sentinel: { primary: 'mymaster', urls: ['redis://h'], password: 1 } }],
    ['sentinel.database', { sentinel: { primary: 'mymaster', urls: ['redis://h'], database: -1 } }],
    ['keyPrefix', { url: 'redis://h', keyPrefix: 1 }],
    ['keyPrefix', { url: 'redis://h', keyPrefix: '{all}:' }],
    ['timeoutSeconds', { url: 'redis://h', timeoutSeconds: 0 }],
    ['timeoutSeconds', { url: 'redis://h', timeoutSeconds: 2000 }],
    ['timeoutSeconds', { url: 'redis://h', timeoutSeconds: '2' }],
    ['tls', { url: 'redis://h', tls: {} }],
    ['onWarning', { url: 'redis://h', onWarning: 'no' }],
  ])('that cannot work are refused before anything is connected, by the name of the culprit: %s', (option, options) => {
    expect(refusalOf(options).option).toBe(option)
  })

  it('have defaults', () => {
    const { keyPrefix, timeoutSeconds, tls } = parseRedisStoreOptions({ url: 'redis://h' })
    expect({ keyPrefix, timeoutSeconds, tls }).toEqual({ keyPrefix: 'mcp-auth:', timeoutSeconds: 2, tls: {} })
  })

  it('may be an instance of Redis or of Cluster', () => {
    const clients = [new Redis({ lazyConnect: true }), new Cluster([{ host: '127.0.0.1' }], { lazyConnect: true })]
    for (const client of clients) expect(parseRedisStoreOptions({ client }).target).toEqual({ kind: 'client', client })
  })
})

describe('a lifetime', () => {
  it.each([0, -1, Number.NaN])('of %d seconds is a mistake of the caller, whether Redis is there or not', async (n) => {
    const store = createRedisStore({ url: await nowhere() })
    onTestFinished(async () => await store.close())
    await expect(store.set('grant:a', 'a', { ttlSeconds: n })).rejects.toThrow(RangeError)
    await expect(store.compareAndSwap('grant:a', 'a', 'b', { ttlSeconds: n })).rejects.toThrow(RangeError)
  })
})

describe('a server that is not there', () => {
  it('D9 has operations reject at once, however many, and the store close', async () => {
    const store = createRedisStore({ url: await nowhere(), timeoutSeconds: 5 })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, async () => await store.set('grant:a', 'a', { ttlSeconds: 60 })),
    )
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'Redis: SET failed: ECONNREFUSED' } })
    }
    await store.close()
    await expect(store.get('grant:a')).rejects.toThrow('Redis: GET failed')
  })

  it('D9 has operations reject in time where something listens and says nothing', async () => {
    const sockets = new Set<{ destroy(): void }>()
    const silent = createServer((socket) => sockets.add(socket))
    const store = createRedisStore({ url: await listen(silent), timeoutSeconds: 0.2 })
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
      silent.close()
    })
    await expect(store.get('grant:a')).rejects.toThrow('Redis: GET failed: no answer in time')
    await expect(store.get('grant:a')).rejects.toThrow('Redis: GET failed')
    await store.close()
  })
})

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `redis://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

/** The URL of a port that nobody listens on. */
async function nowhere(): Promise<string> {
  return `redis://127.0.0.1:${await freePort()}`
}
