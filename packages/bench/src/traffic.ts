/** The operations of one user, done again for many: other keys, other values, the same lengths. @module */
import { createHash } from 'node:crypto'
import type { Store, StoreKey } from '@mcp-auth/core'
import * as client from './client.ts'
import { createLab, type LabOptions } from './lab.ts'
import { kindOf, type StoreOperation } from './recording-store.ts'

/** What one user does at the store. */
export interface Traffic {
  readonly signIn: readonly StoreOperation[]
  /** The first refresh: from then on a grant holds the answer of its last one. */
  readonly refresh: readonly StoreOperation[]
  /** A later refresh. */
  readonly nextRefresh: readonly StoreOperation[]
  /** Length of the grant's value: before its first refresh, and after it. */
  readonly grantCharacters: readonly [number, number]
}

/** Seconds between two refreshes: the life of an access token. */
export const refreshSeconds = 3600

/** Records a sign-in and two refreshes. */
export async function recordTraffic(options: LabOptions = {}): Promise<Traffic> {
  const lab = createLab(options)
  const clientId = await client.register(lab)
  const first = await client.signIn(lab, clientId)
  const signIn = lab.store.drain()
  lab.clock.advance(refreshSeconds)
  const second = await client.refresh(lab, first)
  const refresh = lab.store.drain()
  lab.clock.advance(refreshSeconds)
  await client.refresh(lab, second)
  const nextRefresh = lab.store.drain()
  return { signIn, refresh, nextRefresh, grantCharacters: [lastGrant(signIn), lastGrant(refresh)] }
}

/**
 * Does at a store what the recorded user did, as another user. Texts are made of his number, so that nothing has to be
 * kept of him but what the store keeps.
 * Throws when the store does not do what it did for the recorded user.
 */
export async function replay(store: Store, user: number, operations: readonly StoreOperation[]): Promise<void> {
  for (const operation of operations) {
    if (!(await replayOne(store, user, operation))) {
      throw new Error(`${operation.name} ${kindOf(operation.key)} did nothing`)
    }
  }
}

async function replayOne(store: Store, user: number, operation: StoreOperation): Promise<boolean> {
  const { name, value = '', expected = '', ttlSeconds = 0 } = operation
  const kind = kindOf(operation.key)
  const key = `${kind}:${twin(user, operation.key.slice(kind.length + 1))}` as StoreKey
  const next = (): string => twin(user, value)
  if (name === 'set') return await store.set(key, next(), { ttlSeconds })
  if (name === 'add') return await store.set(key, next(), { ttlSeconds, onlyIfAbsent: true })
  if (name === 'swap') return await store.compareAndSwap(key, twin(user, expected), next(), { ttlSeconds })
  if (name === 'take') return (await store.take(key)) !== undefined
  if (name === 'get') await store.get(key)
  else await store.delete(key)
  return true
}

/** A text of a user in the place of a recorded one: always the same one, of the same length. */
function twin(user: number, recorded: string): string {
  const outputLength = Math.ceil((recorded.length * 3) / 4)
  const bytes = createHash('shake256', { outputLength }).update(`${user} ${recorded}`).digest()
  return bytes.toString('base64url').slice(0, recorded.length)
}

function lastGrant(operations: readonly StoreOperation[]): number {
  const values = operations.filter(({ key }) => kindOf(key) === 'grant').map(({ value }) => value?.length ?? 0)
  return values.at(-1) ?? 0
}

/** Does something for every number up to `count`, so many at a time. */
export async function forEach(count: number, width: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) {
      next += 1
      await work(next - 1)
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane))
}
