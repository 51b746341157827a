import { expect, it } from 'vitest'
import { createSessionIds, type SessionIds } from '../src/mcp/session-ids.ts'

const [first, second] = ['11'.repeat(32), '22'.repeat(32)]
const resource = 'https://mcp.example.com/mcp'
let seconds = 1_800_000_000

function newIds(secret: string | undefined, at = resource): SessionIds {
  return createSessionIds({ secret, resource: at, lifeSeconds: 60, now: () => seconds })
}

it('A037 reads an id in every process with the secret, for its owner only', () => {
  const id = newIds(first).create('nelly', '2025-06-18')
  expect(newIds(first).read(id, 'nelly')).toEqual({ protocolVersion: '2025-06-18' })
  expect(newIds(first).read(id, 'wumpus')).toBeUndefined()
  expect(newIds(second).read(id, 'nelly')).toBeUndefined()
  expect(newIds(first, 'https://other.example.com/mcp').read(id, 'nelly')).toBeUndefined()
})

it('M036 makes ids of visible ASCII that nobody can guess, and that say nothing of their owner', () => {
  const ids = Array.from({ length: 100 }, () => newIds(first).create('nelly', '2025-11-25'))
  expect(new Set(ids).size).toBe(100)
  for (const id of ids) expect(id).toMatch(/^[\w-]{22}\.\d+\.2025-11-25\.[\w-]{43}$/)
})

it('A037 refuses an id of which anything was changed', () => {
  const ids = newIds(first)
  const id = ids.create('nelly', '2025-11-25')
  const [random = '', end = '', version = '', code = ''] = id.split('.')
  const other = ids.create('nelly', '2025-11-25').split('.')
  const forged = [
    [other[0], end, version, code],
    [random, String(Number(end) + 1), version, code],
    [random, `0${end}`, version, code],
    [random, end, '2024-11-05', code],
    [random, end, version, other[3]],
    [random, end, version, `${code}=`],
    [random, end, version, code.slice(0, -1)],
    [random, end, version, ''],
    [random, end, version, code, ''],
    [random, end, version],
    ['x'.repeat(1000)],
    [''],
  ].map((parts) => parts.join('.'))
  for (const one of forged) expect([one, ids.read(one, 'nelly')]).toEqual([one, undefined])
  // The last character of a code has bits to spare.
  const twins = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    .split('')
    .map((last) => id.slice(0, -1) + last)
    .filter((one) => ids.read(one, 'nelly') !== undefined)
  expect(twins).toEqual([id])
})

it('ends an id together with its life', () => {
  const ids = newIds(first)
  const id = ids.create('nelly', '2025-11-25')
  seconds += 59
  expect(ids.read(id, 'nelly')).toBeDefined()
  seconds += 1
  expect(ids.read(id, 'nelly')).toBeUndefined()
})

it('reads what another secret of the ring has made, and makes ids with the first one', () => {
  const before = newIds(first).create('nelly', '2025-11-25')
  const rotated = newIds(`${second}, ${first}`)
  expect(rotated.read(before, 'nelly')).toBeDefined()
  const after = rotated.create('nelly', '2025-11-25')
  expect(newIds(second).read(after, 'nelly')).toBeDefined()
  expect(newIds(first).read(after, 'nelly')).toBeUndefined()
})

it('knows its own ids only when there is no secret', () => {
  const [one, other] = [newIds(undefined), newIds(undefined)]
  const id = one.create('nelly', '2025-11-25')
  expect([one.read(id, 'nelly'), other.read(id, 'nelly')]).toEqual([{ protocolVersion: '2025-11-25' }, undefined])
})

it('keeps nothing of what a client calls a protocol version and is none', () => {
  const id = newIds(first).create('nelly', 'x.y\r\nset-cookie: z')
  expect(newIds(first).read(id, 'nelly')).toEqual({ protocolVersion: '2025-11-25' })
})
