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

it('is not ready when the store can be read and not written', async () => {
  const get = async (): Promise<undefined> => undefined
  expect(await readiness({ get, ping: async () => {} })).toMatchObject({ status: 200 })
  expect(await readiness({ get, ping: async () => await Promise.reject(new Error('read-only')) })).toMatchObject({
    status: 503,
  })
})

const store = { get: async (): Promise<undefined> => undefined }

/** A server that serves the metadata of somebody else, or says what it says instead. */
function remote(answer: () => Promise<Response>): Parameters<typeof readiness>[1] {
  return {
    origin: 'https://mcp.example',
    paths: ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-authorization-server'],
    fetch: async ({ url }) =>
      url === 'https://mcp.example/.well-known/oauth-authorization-server' ? await answer() : undefined,
  }
}

it('is ready when the metadata of the identity provider are there', async () => {
  expect(
    await readiness(
      store,
      remote(async () => new Response('{}')),
    ),
  ).toMatchObject({ status: 200 })
})

it('is not ready while they cannot be had, or come too late', async () => {
  const unready = { status: 503, body: { status: 'the identity provider does not answer' } }
  expect(
    await readiness(
      store,
      remote(async () => new Response(null, { status: 503 })),
    ),
  ).toEqual(unready)
  expect(
    await readiness(
      store,
      remote(async () => await Promise.reject(new Error('gone'))),
    ),
  ).toEqual(unready)
  vi.useFakeTimers()
  const silent = readiness(
    store,
    remote(async () => await new Promise<Response>(() => {})),
  )
  await vi.advanceTimersByTimeAsync(2000)
  expect(await silent).toEqual(unready)
  vi.useRealTimers()
})
