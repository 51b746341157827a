import { expect, it, vi } from 'vitest'
import { readiness } from '../src/health.ts'

it('is ready when the store answers, whatever it holds', async () => {
  expect(await readiness({ get: async () => undefined })).toEqual({ status: 200, body: { status: 'ready' } })
})

it('is not ready when the store fails or keeps silent', async () => {
  const unready = { status: 503, body: { status: 'the store does not answer' } }
  expect(await readiness({ get: async () => await Promise.reject(new Error('gone')) })).toEqual(unready)
  vi.useFakeTimers()
  const silent = readiness({ get: async () => await new Promise<undefined>(() => {}) })
  await vi.advanceTimersByTimeAsync(2000)
  expect(await silent).toEqual(unready)
  vi.useRealTimers()
})
