/** What DEPLOYMENT.md says of an old copy of a store that is restored: why it is no backup. */
import type { Store } from '@mcp-auth/core'
import { beforeEach, expect, it } from 'vitest'
import * as client from '../src/client.ts'
import { createLab, type Lab } from '../src/lab.ts'

let entries: Map<string, string>
let lab: Lab
beforeEach(() => {
  entries = new Map()
  lab = createLab({ createStore: () => plainStore(entries) })
})

it('a grant that was revoked after the copy lives again', async () => {
  const tokens = await client.signIn(lab, await client.register(lab))
  const copy = new Map(entries)
  await client.revoke(lab, tokens)
  await expect(client.call(lab, tokens)).rejects.toThrow('refused: 401')
  restore(copy)
  expect((await client.call(lab, tokens)).clientId).toBe(tokens.clientId)
})

it('a grant that was refreshed after the copy ends at its next refresh', async () => {
  const tokens = await client.signIn(lab, await client.register(lab))
  const copy = new Map(entries)
  const next = await client.refresh(lab, tokens)
  restore(copy)
  await expect(client.refresh(lab, next)).rejects.toThrow('400 {"error":"invalid_grant"')
  await expect(client.call(lab, next)).rejects.toThrow('refused: 401')
})

function restore(copy: ReadonlyMap<string, string>): void {
  entries.clear()
  for (const [key, value] of copy) entries.set(key, value)
}

/** A store without lifetimes, whose entries are there to be copied. */
function plainStore(all: Map<string, string>): Store {
  const swap = (key: string, expected: string | undefined, next: string): boolean => {
    if (all.get(key) !== expected) return false
    all.set(key, next)
    return true
  }
  return {
    get: async (key) => all.get(key),
    set: async (key, value, { onlyIfAbsent = false }) => swap(key, onlyIfAbsent ? undefined : all.get(key), value),
    delete: async (key) => void all.delete(key),
    async take(key) {
      const value = all.get(key)
      all.delete(key)
      return value
    },
    compareAndSwap: async (key, expected, next) => swap(key, expected, next),
  }
}
