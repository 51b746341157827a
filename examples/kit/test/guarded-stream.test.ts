import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { guardStream } from '../src/mcp/guarded-stream.ts'

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

it('ends an open stream at its time, and says so to both sides', async () => {
  const onEnd = vi.fn<() => void>()
  const cancel = vi.fn<() => void>()
  const guarded = guardStream(new Response(new ReadableStream({ cancel })), { endsAt: 60, onEnd })
  const text = guarded.text()
  await vi.advanceTimersByTimeAsync(59_000)
  expect(onEnd).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1000)
  expect(await text).toBe('')
  expect([onEnd.mock.calls.length, cancel.mock.calls.length]).toEqual([1, 1])
})

it('leaves a short answer as it is', async () => {
  const onEnd = vi.fn<() => void>()
  const answer = new Response('data', { status: 202, headers: { 'x-kept': 'yes' } })
  const guarded = guardStream(answer, { endsAt: 60, onEnd })
  expect([guarded.status, guarded.headers.get('x-kept'), await guarded.text()]).toEqual([202, 'yes', 'data'])
  expect(onEnd).toHaveBeenCalledOnce()
  expect(vi.getTimerCount()).toBe(0)
})

it('counts an answer without body, one that is given up and one that breaks as ended', async () => {
  const onEnd = vi.fn<() => void>()
  guardStream(new Response(null, { status: 202 }), { endsAt: 60, onEnd })
  await guardStream(new Response(new ReadableStream()), { endsAt: 60, onEnd }).body?.cancel()
  const broken = new ReadableStream({
    pull: (controller) => controller.error(new Error('broken')),
  })
  await expect(guardStream(new Response(broken), { endsAt: 60, onEnd }).text()).rejects.toThrow('broken')
  expect(onEnd).toHaveBeenCalledTimes(3)
})
