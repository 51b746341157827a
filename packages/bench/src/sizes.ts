/** Bytes of an active grant in each store. @module */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryUsage } from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createMemoryStore, OAuthError, type Store } from '@mcp-auth/core'
import { createLMDBStore } from '@mcp-auth/store-lmdb'
import { createTestClock } from '@mcp-auth/testing'
import { forEach, refreshSeconds, replay, type Traffic } from './traffic.ts'

/** Bytes for each grant, once every user has signed in, and refreshed for the first time. */
export interface GrantBytes {
  readonly afterSignIn: number
  readonly afterRefresh: number
  /** After two more refreshes each: what grows now would grow for ever. */
  readonly afterMore: number
}

/** Signs in `count` users, who refresh an hour later, and again, and again. */
async function live(
  store: Store,
  traffic: Traffic,
  count: number,
  given: { readonly advance: (seconds: number) => void; readonly bytes: () => number | Promise<number> },
): Promise<GrantBytes> {
  const each = async (operations: Traffic['signIn']): Promise<void> => {
    await forEach(count, 200, async (n) => await replay(store, n, operations))
  }
  const measure = async (): Promise<number> => ((await given.bytes()) - before) / count
  const before = await given.bytes()
  await each(traffic.signIn)
  const afterSignIn = await measure()
  given.advance(refreshSeconds)
  await each(traffic.refresh)
  const afterRefresh = await measure()
  for (let round = 0; round < 2; round += 1) {
    given.advance(refreshSeconds)
    await each(round === 0 ? traffic.nextRefresh : repeated(traffic.nextRefresh))
  }
  return { afterSignIn, afterRefresh, afterMore: await measure() }
}

/** The same once more: what was written takes the place of what was expected. */
function repeated(operations: Traffic['signIn']): Traffic['signIn'] {
  return operations.map((operation) =>
    operation.name === 'swap' ? { ...operation, expected: operation.value ?? '' } : operation,
  )
}

/** What the heap of V8 grows by. */
export async function measureMemory(traffic: Traffic, count: number): Promise<GrantBytes> {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  const clock = createTestClock()
  const store = createMemoryStore({ now: clock.now, maxBytes: 1024 ** 3 })
  const bytes = (): number => {
    if (typeof collect === 'function') Reflect.apply(collect, undefined, [])
    return memoryUsage().heapUsed
  }
  return await live(store, traffic, count, { advance: clock.advance, bytes })
}

/** How many users fit into the memory store with its default bound, when they come half a minute apart. */
export async function fillMemory(traffic: Traffic): Promise<number> {
  const clock = createTestClock()
  const store = createMemoryStore({ now: clock.now })
  for (let count = 0; ; count += 1) {
    clock.advance(30)
    try {
      await replay(store, count, traffic.signIn)
    } catch (error) {
      if (error instanceof OAuthError && error.reason === 'store_full') return count
      throw error
    }
  }
}

/** What the file of LMDB grows by. */
export async function measureLMDB(traffic: Traffic, count: number): Promise<GrantBytes> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-auth-sizing-'))
  const clock = createTestClock()
  const store = createLMDBStore({ folder, now: clock.now, maxBytes: 16 * 1024 ** 3 })
  const bytes = (): number => statSync(join(folder, 'data.mdb')).size
  try {
    return await live(store, traffic, count, { advance: clock.advance, bytes })
  } finally {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
