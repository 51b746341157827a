import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { guardStream } from '../src/mcp/guarded-stream.ts'

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

const isGood = async (): Promise<boolean> => true

it('ends an open stream at its time, and says so to both sides', async () => {
  const onEnd = vi.fn<() => void>()
  const cancel = vi.fn<() => void>()
  const guarded = guardStream(new Response(new ReadableStream({ cancel })), { endsAt: 60, isGood, onEnd })
  const text = guarded.text()
  await vi.advanceTimersByTimeAsync(59_000)
  expect(onEnd).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1000)
  expect(await text).toBe('')
  expect([onEnd.mock.calls.length, cancel.mock.calls.length]).toEqual([1, 1])
})

it('ends an open stream within a minute when its token is revoked, and not because nobody can tell', async () => {
  const onEnd = vi.fn<() => void>()
  const answers = [async () => true, async () => await Promise.reject(new Error('outage')), async () => false]
  const asked = vi.fn<() => Promise<boolean>>(async () => (await answers.shift()?.()) ?? true)
  const guarded = guardStream(new Response(new ReadableStream()), { endsAt: 3600, isGood: asked, onEnd })
  const text = guarded.text()
  await vi.advanceTimersByTimeAsync(179_000)
  expect([asked.mock.calls.length, onEnd.mock.calls.length]).toEqual([2, 0])
  await vi.advanceTimersByTimeAsync(1000)
  expect(await text).toBe('')
  expect(onEnd).toHaveBeenCalledOnce()
  expect(vi.getTimerCount()).toBe(0)
})

it('leaves a short answer as it is', async () => {
  const onEnd = vi.fn<() => void>()
  const answer = new Response('data', { status: 202, headers: { 'x-kept': 'yes' } })
  const guarded = guardStream(answer, { endsAt: 60, isGood, onEnd })
  expect([guarded.status, guarded.headers.get('x-kept'), await guarded.text()]).toEqual([202, 'yes', 'data'])
  expect(onEnd).toHaveBeenCalledOnce()
  expect(vi.getTimerCount()).toBe(0)
})

it('counts an answer without body, one that is given up and one that breaks as ended', async () => {
  const onEnd = vi.fn<() => void>()
  guardStream(new Response(null, { status: 202 }), { endsAt: 60, isGood, onEnd })
  await guardStream(new Response(new ReadableStream()), { endsAt: 60, isGood, onEnd }).body?.cancel()
  const broken = new ReadableStream({
    pull: (controller) => controller.error(new Error('broken')),
  })
  await expect(guardStream(new Response(broken), { endsAt: 60, isGood, onEnd }).text()).rejects.toThrow('broken')
  expect(onEnd).toHaveBeenCalledTimes(3)
})
