import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { AuthEvent } from '../../src/events.ts'
import { combineListeners } from '../../src/telemetry/combine-listeners.ts'

const event: AuthEvent = { type: 'login.succeeded', time: 1_700_000_000_000, subject: 'user-1' }

it('hands the same event to all listeners, in order', () => {
  const heard: unknown[] = []
  const listener = combineListeners(
    (received) => heard.push(1, received),
    undefined,
    (received) => heard.push(2, received),
  )
  listener(event)
  expect(heard).toEqual([1, event, 2, event])
})

it('keeps going when a listener throws or rejects', async () => {
  const rejections: unknown[] = []
  const onRejection = (reason: unknown): void => void rejections.push(reason)
  process.on('unhandledRejection', onRejection)
  const heard: AuthEvent[] = []
  const listener = combineListeners(
    () => {
      throw new Error('secret')
    },
    // Nobody keeps a user from writing this in JavaScript.
    (async () => await Promise.reject(new Error('secret'))) as () => void,
    (received) => heard.push(received),
  )
  expect(() => listener(event)).not.toThrow()
  await setImmediate()
  process.off('unhandledRejection', onRejection)
  expect(heard).toEqual([event])
  expect(rejections).toEqual([])
})
