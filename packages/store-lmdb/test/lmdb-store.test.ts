import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ConfigurationError, type StoreKey } from '@mcp-auth/core'
import { createTestClock } from '@mcp-auth/testing'
import { describe, expect, it } from 'vitest'
import { networkFilesystem } from '../src/folder.ts'
import { createLMDBStore, type LMDBStoreOptions } from '../src/index.ts'
import { createFolder } from './support/folder.ts'

const ttlSeconds = 60

/** Rights of a file or folder. */
function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8)
}

/** The error that opening a store ends in. */
function refusal(options: LMDBStoreOptions): ConfigurationError {
  try {
    createLMDBStore(options)
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    throw error
  }
  throw new Error('it was accepted')
}

describe('the folder', () => {
  it('is created with what is in it for its owner only, and may be anywhere and have a point in its name', async () => {
    const folder = join(createFolder(), 'var', 'grants.store')
    const store = createLMDBStore({ folder })
    await store.set('grant:a', 'a', { ttlSeconds })
    expect([modeOf(folder), modeOf(dirname(folder))]).toEqual(['700', '700'])
    expect(readdirSync(folder).map((name) => [name, modeOf(join(folder, name))])).toEqual([
      ['data.mdb', '600'],
      ['lock.mdb', '600'],
    ])
    await store.close()
  })

  it('keeps what is in it when the store is closed and opened again', async () => {
    const folder = createFolder()
    const before = createLMDBStore({ folder })
    await before.set('grant:a', 'a', { ttlSeconds })
    await before.set('grant:b', 'b', { ttlSeconds })
    await before.take('grant:b')
    await before.close()
    const after = createLMDBStore({ folder })
    expect([await after.get('grant:a'), await after.get('grant:b')]).toEqual(['a', undefined])
    await after.close()
  })

  it('K003a is refused by the name of the option when it is a file, or inside one, or cannot be created', () => {
    const file = join(createFolder(), 'file')
    writeFileSync(file, '')
    expect(refusal({ folder: file }).message).toMatch(/^folder: is not a folder/)
    expect(refusal({ folder: join(file, 'data') }).message).toMatch(/^folder: is not a folder/)
    expect(refusal({ folder: '/sys/nowhere' }).message).toMatch(/^folder: cannot be created and written \(E[A-Z]+\)/)
    expect(refusal({ folder: ' ' }).message).toMatch(/^folder: must be the path of a folder/)
    expect(refusal({ folder: file }).option).toBe('folder')
  })

  it.each([
    ['somebody else keeps this here. '.repeat(500)],
    ['short'],
    [`${'\0'.repeat(24)}\xde\xc0\xef\xbe\x02\0\0\0`],
    [`${'\0'.repeat(24)}\xde\xc0\xef\xbe\x01\0\0\0${'\0'.repeat(8192)}`],
  ])('K003a is refused when the file in it is no database of ours, and the file stays as it is', (foreign) => {
    const folder = createFolder()
    writeFileSync(join(folder, 'data.mdb'), foreign, 'latin1')
    expect(refusal({ folder }).message).toMatch(/^folder: holds a data\.mdb that is not a database of this store/)
    expect(readFileSync(join(folder, 'data.mdb'), 'latin1')).toBe(foreign)
  })

  it('K003a is refused when the file in it cannot be read, and used when it is empty', async () => {
    const folder = createFolder()
    mkdirSync(join(folder, 'data.mdb'))
    expect(refusal({ folder }).message).toMatch(/^folder: holds a data\.mdb that this process cannot read and write/)
    const other = createFolder()
    writeFileSync(join(other, 'data.mdb'), '')
    const store = createLMDBStore({ folder: other })
    await store.set('grant:a', 'a', { ttlSeconds })
    expect(await store.get('grant:a')).toBe('a')
    await store.close()
  })

  it.each([
    [0x6969, 'NFS'],
    [0xfe534d42, 'SMB'],
    // As a signed number, which is how some platforms give it.
    [0xfe534d42 | 0, 'SMB'],
    [0x01021997, '9P'],
    [0xef53, undefined], // ext4
    [0x01021994, undefined], // tmpfs
    [0x794c7630, undefined], // overlayfs
  ])('of filesystem type %d counts as on a network drive: %s', (type, name) => {
    expect(networkFilesystem(type)).toBe(name)
  })

  it.each([0, -1, 65_535, Number.NaN])('K003a has no bound of %d bytes', (maxBytes) => {
    expect(refusal({ folder: createFolder(), maxBytes }).option).toBe('maxBytes')
  })
})

describe('keys and values', () => {
  it('may be longer than what LMDB takes as a key', async () => {
    const store = createLMDBStore({ folder: createFolder() })
    const long: StoreKey[] = ['a', 'b'].map((end): StoreKey => `grant:${'x'.repeat(10_000)}${end}`)
    for (const key of long) await store.set(key, `value of ${key}`, { ttlSeconds })
    for (const key of long) expect(await store.get(key)).toBe(`value of ${key}`)
    await store.close()
  })

  it('may be of many megabytes, replace each other, and leave at once', async () => {
    const store = createLMDBStore({ folder: createFolder() })
    const large = ['a', 'b'].map((letter) => letter.repeat(8 * 1024 * 1024)) as [string, string]
    await store.set('grant:large', large[0], { ttlSeconds })
    expect(await store.compareAndSwap('grant:large', large[0], large[1], { ttlSeconds })).toBe(true)
    expect((await store.take('grant:large')) === large[1]).toBe(true)
    expect(await store.get('grant:large')).toBeUndefined()
    await store.close()
  })

  it('are not in the file in clear where they are keys', async () => {
    const folder = createFolder()
    const store = createLMDBStore({ folder })
    await store.set('grant:who-is-asking', 'sealed', { ttlSeconds })
    await store.close()
    expect(readFileSync(join(folder, 'data.mdb')).includes('who-is-asking')).toBe(false)
  })
})

describe('lifetimes', () => {
  it('end in the very millisecond their time is over', async () => {
    const { now, advance } = createTestClock()
    const store = createLMDBStore({ folder: createFolder(), now })
    await store.set('grant:a', 'a', { ttlSeconds: 10 })
    advance(9.999)
    expect(await store.get('grant:a')).toBe('a')
    advance(0.001)
    expect(await store.get('grant:a')).toBeUndefined()
    await store.close()
  })

  it.each([0, -1, Number.NaN])('of %d seconds are a mistake of the caller, and nothing is written', async (seconds) => {
    const store = createLMDBStore({ folder: createFolder() })
    await store.set('grant:b', 'b', { ttlSeconds })
    await expect(store.set('grant:a', 'a', { ttlSeconds: seconds })).rejects.toThrow(RangeError)
    await expect(store.compareAndSwap('grant:b', 'b', 'c', { ttlSeconds: seconds })).rejects.toThrow(RangeError)
    expect([await store.get('grant:a'), await store.get('grant:b')]).toEqual([undefined, 'b'])
    await store.close()
  })

  it('may be endless', async () => {
    const { now, advance } = createTestClock()
    const store = createLMDBStore({ folder: createFolder(), now })
    await store.set('grant:a', 'a', { ttlSeconds: Number.POSITIVE_INFINITY })
    advance(100 * 365 * 86_400)
    for (let n = 0; n < 10; n += 1) await store.set(`lease:${n}`, 'a', { ttlSeconds })
    expect(await store.get('grant:a')).toBe('a')
    await store.close()
  })
})

describe('close', () => {
  it('waits for what is being written, and ends everything else', async () => {
    const folder = createFolder()
    const store = createLMDBStore({ folder })
    const writes = Array.from({ length: 50 }, async (_, n) => await store.set(`grant:${n}`, 'a', { ttlSeconds }))
    await Promise.all([store.close(), store.close()])
    expect(await Promise.all(writes)).toEqual(writes.map(() => true))
    for (const late of [
      store.get('grant:1'),
      store.set('grant:1', 'b', { ttlSeconds }),
      store.delete('grant:1'),
      store.take('grant:1'),
      store.compareAndSwap('grant:1', 'a', 'b', { ttlSeconds }),
      store.ping(),
    ]) {
      await expect(late).rejects.toThrow('the store is closed')
    }
    const after = createLMDBStore({ folder })
    for (let n = 0; n < 50; n += 1) expect(await after.get(`grant:${n}`)).toBe('a')
    await after.close()
  })
})
