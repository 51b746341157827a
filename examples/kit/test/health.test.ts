import { expect, it, vi } from 'vitest'
import { isStoreReady } from '../src/health.ts'

it('is ready when the store answers, whatever it holds', async () => {
  expect(await isStoreReady({ get: async () => undefined })).toBe(true)
})

it('is not ready when the store fails or keeps silent', async () => {
  expect(await isStoreReady({ get: async () => await Promise.reject(new Error('gone')) })).toBe(false)
  vi.useFakeTimers()
  const silent = isStoreReady({ get: async () => await new Promise<undefined>(() => {}) })
  await vi.advanceTimersByTimeAsync(2000)
  expect(await silent).toBe(false)
  vi.useRealTimers()
})
