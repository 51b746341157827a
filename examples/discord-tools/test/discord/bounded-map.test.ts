import { expect, it } from 'vitest'
import { createBoundedMap } from '../../src/discord/bounded-map.ts'

it('forgets what was not used for longest', () => {
  const map = createBoundedMap<number>(2)
  map.set('a', 1)
  map.set('b', 2)
  expect(map.get('a')).toBe(1)
  map.set('c', 3)
  expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([1, undefined, 3, 2])
})

it('keeps what is in use, and forgets it when it no longer is', () => {
  const busy = new Set([1, 2, 3])
  const map = createBoundedMap<number>(1, (value) => busy.has(value))
  for (const value of busy) map.set(String(value), value)
  expect(map.size).toBe(3)
  busy.clear()
  map.set('4', 4)
  expect([map.get('4'), map.size]).toEqual([4, 1])
})

it('stays within its bound however much comes', () => {
  const map = createBoundedMap<number>(100)
  for (let index = 0; index < 10_000; index++) map.set(String(index), index)
  expect(map.size).toBe(100)
})
