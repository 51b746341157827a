import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createSessions } from '../src/mcp/sessions.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function newConnection(): { closed: boolean; close(): Promise<void> } {
  return {
    closed: false,
    async close() {
      this.closed = true
    },
  }
}

it('A037 finds a session for its owner only', () => {
  const sessions = createSessions()
  sessions.add('a', 'nelly', newConnection())
  expect(sessions.find('a', 'nelly')?.id).toBe('a')
  expect(sessions.find('a', 'wumpus')).toBeUndefined()
  expect(sessions.find('b', 'nelly')).toBeUndefined()
})

it('ends the session an owner used least when there would be too many, and none of others', () => {
  const sessions = createSessions({ perOwner: 2 })
  const [first, second, other] = [newConnection(), newConnection(), newConnection()]
  sessions.add('other', 'wumpus', other)
  sessions.add('first', 'nelly', first)
  sessions.add('second', 'nelly', second)
  sessions.find('first', 'nelly')
  expect(sessions.makeRoom('nelly')).toBe(true)
  expect([first.closed, second.closed, other.closed]).toEqual([false, true, false])
})

it('counts the sessions of all clients of a user, so that nobody crowds out others with client after client', () => {
  const sessions = createSessions({ perUser: 2, total: 4 })
  const other = newConnection()
  sessions.add('other', 'wumpus', other)
  const own = [1, 2, 3, 4, 5].map((number) => {
    const connection = newConnection()
    expect(sessions.makeRoom(`nelly at client ${number}`, 'nelly')).toBe(true)
    sessions.add(`${number}`, `nelly at client ${number}`, connection, 'nelly')
    return connection
  })
  expect([...own, other].map(({ closed }) => closed)).toEqual([true, true, true, false, false, false])
})

it('comes back to the bound after many sessions were opened at once', () => {
  const sessions = createSessions({ perOwner: 2 })
  for (let count = 0; count < 5; count += 1) sessions.makeRoom('nelly')
  for (let count = 0; count < 5; count += 1) sessions.add(`${count}`, 'nelly', newConnection())
  sessions.makeRoom('nelly')
  sessions.add('last', 'nelly', newConnection())
  expect(sessions.connections()).toHaveLength(2)
})

it('ends an idle session when the server is full, and takes nobody in when none is idle', () => {
  const sessions = createSessions({ total: 2 })
  const [busy, idle] = [newConnection(), newConnection()]
  sessions.add('busy', 'nelly', busy).open = 1
  sessions.add('idle', 'wumpus', idle)
  expect(sessions.makeRoom('third')).toBe(true)
  expect([busy.closed, idle.closed]).toEqual([false, true])
  sessions.add('third', 'third', newConnection()).open = 1
  expect(sessions.makeRoom('fourth')).toBe(false)
})

it('ends a session that nobody uses, but not one with an open stream', async () => {
  const sessions = createSessions({ idleSeconds: 100 })
  const [open, idle] = [newConnection(), newConnection()]
  sessions.add('open', 'nelly', open).open = 1
  sessions.add('idle', 'nelly', idle)
  await vi.advanceTimersByTimeAsync(90_000)
  expect(idle.closed).toBe(false)
  await vi.advanceTimersByTimeAsync(90_000)
  expect([open.closed, idle.closed]).toEqual([false, true])
  expect(sessions.find('idle', 'nelly')).toBeUndefined()
  sessions.stop()
  expect(vi.getTimerCount()).toBe(0)
})
