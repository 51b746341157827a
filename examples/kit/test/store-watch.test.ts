import { readEnvironment } from '@mcp-auth/core'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openAuditLog } from '../src/audit-log.ts'
import { openStore } from '../src/open-store.ts'
import { createServerStart, type ServerStart } from '../src/server-start.ts'
import { watchStore } from '../src/store-watch.ts'

const driverMessage = 'connect ECONNREFUSED redis://:hunter2@store.internal:6379'
const time = 0
const recovered = { type: 'store.recovered', durationSeconds: 12.5, refusedOperations: 3, time } as const

let sentences: string[] = []
beforeEach(() => {
  sentences = []
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

function start(ping: () => Promise<void>): ServerStart {
  vi.spyOn(console, 'error').mockImplementation((sentence) => void sentences.push(String(sentence)))
  return createServerStart({
    environment: readEnvironment({ MCP_AUTH_SECRET: '00'.repeat(32) }),
    variables: {},
    clients: [],
    store: { ...openStore({ kind: 'memory' }), ping },
    audit: openAuditLog(undefined),
    port: 8000,
    notice: () => {},
  })
}

it('D3 says once that the store went away, and once that it is back', async () => {
  const { onEvent } = start(async () => {}).options
  for (let n = 0; n < 2; n += 1) {
    onEvent?.({ type: 'store.unavailable', time })
    onEvent?.(recovered)
  }
  expect(sentences).toEqual([
    expect.stringMatching(/^the store is out of reach/),
    'the store is back after 12.5 seconds; operations that were refused: 3',
    expect.stringMatching(/^the store is out of reach/),
    'the store is back after 12.5 seconds; operations that were refused: 3',
  ])
})

it('D3 says at the start that the store is away, in words of its own and once, whatever core reports then', async () => {
  const { options } = start(async () => await Promise.reject(new Error(driverMessage)))
  expect(options.secret).toBe(options.secret)
  await vi.waitFor(() => expect(sentences).toHaveLength(1))
  options.onEvent?.({ type: 'store.unavailable', time })
  expect(sentences).toEqual([expect.stringMatching(/^the store is out of reach/)])
  expect(sentences.join()).not.toMatch(/hunter2|ECONN|redis/)
  options.onEvent?.(recovered)
  expect(sentences).toHaveLength(2)
})

it('asks no store of a server that keeps nothing', () => {
  const ping = vi.fn<() => Promise<void>>(async () => {})
  expect(start(ping).remoteOptions).not.toHaveProperty('store')
  expect(ping).not.toHaveBeenCalled()
})

it('D3 sees by itself that a store that was away at the start is back', async () => {
  const answers = [false, true]
  const ping = async (): Promise<void> => {
    if (answers.shift() !== true) throw new Error(driverMessage)
  }
  vi.useFakeTimers()
  const looking = watchStore({ ping }, (sentence) => void sentences.push(sentence)).look()
  await vi.advanceTimersByTimeAsync(1000)
  await looking
  expect(sentences).toEqual([
    expect.stringMatching(/^the store is out of reach/),
    expect.stringMatching(/^the store is back after 1 seconds$/),
  ])
})
