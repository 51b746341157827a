import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StoreKey } from '@mcp-auth/core'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { trustedCertificate } from '../../core/test/support/tls.ts'
import { createRedisStore, type RedisStore, type RedisStoreOptions } from '../src/index.ts'
import { freePort } from './support/free-port.ts'
import { ask, startCluster, startWatched } from './support/redis-cluster.ts'
import { run, startRedis } from './support/redis-server.ts'

// Processes take their time on a busy machine.
vi.setConfig({ testTimeout: 90_000 })

const ttlSeconds = 60
/** For stores whose servers go away: what waits for them is given up soon. */
const timeoutSeconds = 1
/** How long a store may take to come back by itself, which is mostly the time that Redis takes. */
const recovery = { timeout: 45_000 }

/** A store for the running test. */
function open(options: RedisStoreOptions): RedisStore {
  const store = createRedisStore({ timeoutSeconds: 5, ...options })
  onTestFinished(async () => await store.close())
  return store
}

const keys = Array.from({ length: 60 }, (_, n): StoreKey => `grant:${n}`)

describe('a cluster', () => {
  it('spreads the entries over its nodes, and every operation needs but one of them', async () => {
    const cluster = await startCluster()
    onTestFinished(cluster.stop)
    const store = open({ cluster: cluster.urls.slice(0, 1) })
    await Promise.all(keys.map(async (key) => await store.set(key, 'a', { ttlSeconds })))
    for (const { port } of cluster.nodes) expect(Number(await ask(port, 'dbsize'))).toBeGreaterThan(5)
    const swapped = await Promise.all(
      keys.map(async (key) => await store.compareAndSwap(key, 'a', 'b', { ttlSeconds })),
    )
    expect(swapped).toEqual(keys.map(() => true))
    expect(await Promise.all(keys.map(async (key) => await store.take(key)))).toEqual(keys.map(() => 'b'))
  })

  it('follows slots that move while everybody works, and does nothing twice', async () => {
    const cluster = await startCluster()
    onTestFinished(cluster.stop)
    const store = open({ cluster: cluster.urls })
    await Promise.all(keys.map(async (key) => await store.set(key, '0', { ttlSeconds })))
    const moving = moveSlots(cluster.nodes.map(({ port }) => port))
    let isMoving = true
    void moving.finally(() => (isMoving = false)).catch(() => {})
    let rounds = 0
    for (; isMoving || rounds < 5; rounds += 1) {
      for (const key of keys) {
        expect(await store.compareAndSwap(key, `${rounds}`, `${rounds + 1}`, { ttlSeconds })).toBe(true)
      }
    }
    await moving
    expect(await Promise.all(keys.map(async (key) => await store.take(key)))).toEqual(keys.map(() => `${rounds}`))
  })

  it('needs of a user the commands of the README and no more', async () => {
    const print = vi.spyOn(console, 'warn')
    const cluster = await startCluster()
    onTestFinished(cluster.stop)
    const commands = [
      '+get',
      '+set',
      '+del',
      '+getdel',
      '+eval',
      '+evalsha',
      '+info',
      '+cluster|slots',
      '+cluster|info',
    ]
    for (const { port } of cluster.nodes) {
      await ask(port, 'acl', 'setuser', 'app', 'on', '>secret', '~mcp-auth:*', '-@all', ...commands)
    }
    const store = open({ cluster: cluster.urls.map((url) => url.replace('//', '//app:secret@')) })
    for (const key of keys) {
      expect(await store.set(key, 'a', { ttlSeconds })).toBe(true)
      expect(await store.compareAndSwap(key, 'a', 'b', { ttlSeconds })).toBe(true)
      expect(await store.take(key)).toBe('b')
    }
    const stranger = open({ cluster: cluster.urls.map((url) => url.replace('//', '//app:wr0ng@')) })
    await expect(stranger.get('grant:a')).rejects.toThrow('Redis: GET failed: WRONGPASS')
    expect(print).not.toHaveBeenCalled()
  })

  it('D9 rejects while a node is away, and works again by itself', async () => {
    const cluster = await startCluster()
    onTestFinished(cluster.stop)
    const store = open({ cluster: cluster.urls, timeoutSeconds })
    const set = async (key: StoreKey): Promise<boolean> => await store.set(key, 'a', { ttlSeconds })
    await Promise.all(keys.map(set))
    await cluster.nodes[0]?.kill()
    const outcomes = await Promise.allSettled(keys.map(set))
    expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(5)
    await cluster.nodes[0]?.restart()
    await expect
      .poll(
        async () => (await Promise.allSettled(keys.map(set))).every(({ status }) => status === 'fulfilled'),
        recovery,
      )
      .toBe(true)
  })

  it('D9 rejects while all nodes are away, and works again by itself', async () => {
    const cluster = await startCluster()
    onTestFinished(cluster.stop)
    const store = open({ cluster: cluster.urls, timeoutSeconds })
    await store.ping()
    await Promise.all(cluster.nodes.map(async (node) => await node.kill()))
    for (let round = 0; round < 3; round += 1) {
      const outcomes = await Promise.allSettled(keys.map(async (key) => await store.set(key, 'late', { ttlSeconds })))
      expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
    }
    await Promise.all(cluster.nodes.map(async (node) => await node.restart()))
    await expect.poll(async () => await store.ping().catch(String), recovery).toBeUndefined()
    expect(await Promise.all(keys.map(async (key) => await store.get(key)))).toEqual(keys.map(() => undefined))
  })
})

/** Gives the slots of the first node to the second, a few keys at a time. */
async function moveSlots(ports: readonly number[]): Promise<void> {
  const [from = 0, to = 0] = ports
  const idOf = async (port: number): Promise<string> => (await ask(port, 'cluster', 'myid')).trim()
  const ends = ['--cluster-from', await idOf(from), '--cluster-to', await idOf(to)]
  const pace = ['--cluster-slots', '3000', '--cluster-pipeline', '1', '--cluster-yes']
  await ask(from, '--cluster', 'reshard', `127.0.0.1:${from}`, ...ends, ...pace)
}

describe('Sentinels', () => {
  it('D9 name the primary, and after a failover the new one, to which the store moves by itself', async () => {
    const watched = await startWatched()
    onTestFinished(watched.stop)
    const store = open({ sentinel: { primary: 'mymaster', urls: [watched.sentinelURL] }, timeoutSeconds })
    await store.set('grant:a', 'a', { ttlSeconds })
    await expect.poll(async () => await ask(watched.replica.port, 'get', 'mcp-auth:grant:a')).toBe('a\n')
    await watched.primary.kill()
    await expect(store.take('grant:a')).rejects.toThrow('Redis: GETDEL failed')
    // A Sentinel that got no time for two seconds does nothing for thirty, for fear that its clock is wrong.
    await expect.poll(async () => await store.ping().catch(String), { timeout: 50_000 }).toBeUndefined()
    expect(await store.take('grant:a')).toBe('a')
    expect(await ask(watched.replica.port, 'role')).toContain('master')
  })

  it('that are away are no reason to wait: the store says so, and comes with them', async () => {
    const port = await freePort()
    const store = open({ sentinel: { primary: 'mymaster', urls: [`redis://127.0.0.1:${port}`] } })
    await expect(store.get('grant:a')).rejects.toThrow('Redis: GET failed')
    const begin = performance.now()
    await Promise.allSettled(keys.map(async (key) => await store.get(key)))
    expect(performance.now() - begin).toBeLessThan(4500)
  })
})

describe('TLS', () => {
  it('is what rediss: means: the certificate has to be for the name', async () => {
    const { args, port } = await tlsOptions()
    const server = await startRedis({ args })
    onTestFinished(server.stop)
    const store = open({ url: `rediss://localhost:${port}` })
    expect(await store.set('grant:a', 'a', { ttlSeconds })).toBe(true)
    expect(await store.take('grant:a')).toBe('a')
    const other = open({ url: `rediss://localhost:${port}`, tls: { servername: 'other.example' } })
    await expect(other.get('grant:a')).rejects.toThrow('Redis: GET failed: ERR_TLS_CERT_ALTNAME_INVALID')
    await expect(open({ url: `redis://localhost:${port}` }).get('grant:a')).rejects.toThrow('Redis: GET failed')
  })

  it('is what rediss: means in a cluster', async () => {
    const { args, port } = await tlsOptions()
    const cluster = ['--cluster-enabled', 'yes', '--cluster-port', `${await freePort()}`, '--tls-cluster', 'yes']
    const server = await startRedis({ args: [...args, ...cluster, '--cluster-announce-ip', '127.0.0.1'] })
    onTestFinished(server.stop)
    await ask(server.port, 'cluster', 'addslotsrange', '0', '16383')
    const store = open({ cluster: [`rediss://localhost:${port}`] })
    await expect.poll(async () => await store.ping().catch(String), recovery).toBeUndefined()
    expect(await store.set('grant:a', 'a', { ttlSeconds })).toBe(true)
    expect(await ask(server.port, 'client', 'list')).toMatch(new RegExp(`laddr=127.0.0.1:${port} .*cmd=set `))
  })

  it('is what rediss: means with Sentinels, for them and for the servers', async () => {
    const { args, port } = await tlsOptions()
    const server = await startRedis({ args })
    onTestFinished(server.stop)
    const sentinel = await tlsOptions()
    const monitor = ['sentinel', 'monitor', 'mymaster', '127.0.0.1', `${port}`, '1'].join(' ')
    const file = join(sentinel.folder, 'sentinel.conf')
    writeFileSync(file, `port 0\n${monitor}\ntls-replication yes\n`)
    const watcher = await run([file, '--sentinel', ...sentinel.args])
    onTestFinished(() => void watcher.kill('SIGKILL'))
    const store = open({ sentinel: { primary: 'mymaster', urls: [`rediss://localhost:${sentinel.port}`] } })
    expect(await store.set('grant:a', 'a', { ttlSeconds })).toBe(true)
    expect(await ask(server.port, 'client', 'list')).toMatch(new RegExp(`laddr=127.0.0.1:${port} .*cmd=(set|info) `))
  })
})

/** Arguments for a server that speaks TLS at this port, with a certificate for localhost. */
async function tlsOptions(): Promise<{ args: readonly string[]; port: number; folder: string }> {
  const { key, cert } = trustedCertificate()
  const folder = mkdtempSync(join(tmpdir(), 'mcp-auth-redis-tls-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [keyFile, certFile] = [join(folder, 'key'), join(folder, 'cert')]
  writeFileSync(keyFile, key)
  writeFileSync(certFile, cert)
  const port = await freePort()
  const files = ['--tls-key-file', keyFile, '--tls-cert-file', certFile, '--tls-ca-cert-file', certFile]
  return { args: ['--tls-port', `${port}`, ...files, '--tls-auth-clients', 'no'], port, folder }
}
