import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigurationError, type StoreAddress } from '@mcp-auth/core'
import { expect, it, onTestFinished } from 'vitest'
import { readiness } from '../src/health.ts'
import { openStore } from '../src/open-store.ts'

/** The error that opening a store ends in. */
function refusal(address: StoreAddress): ConfigurationError {
  try {
    openStore(address)
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    throw error
  }
  throw new Error('it was accepted')
}

function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'open-store-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

it('opens a store in memory or in a folder, which keeps what it is told until it is closed', async () => {
  const folder = join(createFolder(), 'data')
  const addresses: StoreAddress[] = [{ kind: 'memory' }, { kind: 'lmdb', folder }]
  for (const address of addresses) {
    const store = openStore(address)
    await store.set('grant:a', 'a', { ttlSeconds: 60 })
    await store.ping()
    expect(await store.get('grant:a')).toBe('a')
    expect(await readiness(store)).toMatchObject({ status: 200 })
    await store.close()
  }
  expect(existsSync(join(folder, 'data.mdb'))).toBe(true)
})

it('A061 blames MCP_AUTH_STORE for a folder that cannot be used, and for a URL that Redis has no use for', () => {
  const file = join(createFolder(), 'file')
  writeFileSync(file, '')
  expect(refusal({ kind: 'lmdb', folder: file }).option).toBe('MCP_AUTH_STORE')
  const { option, message } = refusal({ kind: 'redis', url: 'redis://me:hunter2@localhost/nowhere' })
  expect(option).toBe('MCP_AUTH_STORE')
  expect(message).not.toContain('hunter2')
})

it('opens a store on a Redis that is not there, which is not ready', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await new Promise((resolve) => server.close(resolve))
  const store = openStore({ kind: 'redis', url: `redis://127.0.0.1:${port}` })
  onTestFinished(async () => await store.close())
  await expect(store.get('grant:a')).rejects.toThrow(Error)
  expect(await readiness(store)).toMatchObject({ status: 503 })
})
