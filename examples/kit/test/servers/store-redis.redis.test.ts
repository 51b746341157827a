import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { freePort } from '../../../../packages/store-redis/test/support/free-port.ts'
import { type RedisServer, startRedis } from '../../../../packages/store-redis/test/support/redis-server.ts'
import { runServer } from './support/server.ts'
import { describePersistentStore } from './support/store-cases.ts'
import {
  type Fleet,
  refresh,
  refreshed,
  type SignedIn,
  signIn,
  startFleet,
  statusOf,
  whoAmI,
} from './support/store-fleet.ts'

let shared: Promise<RedisServer> | undefined
let database = 0
afterAll(async () => await (await shared)?.stop())

describePersistentStore('Redis', async () => {
  shared ??= startRedis()
  const { url } = await shared
  return `${url}/${database++}`
})

/** A server whose Redis writes down what it is told, and a user who is signed in. */
async function startWithRedis(): Promise<{ redis: RedisServer; fleet: Fleet; session: SignedIn }> {
  const redis = await startRedis({ appendonly: true })
  onTestFinished(async () => await redis.stop())
  const fleet = await startFleet(redis.url)
  return { redis, fleet, session: await signIn(fleet) }
}

/** An outage is not a bad token. */
async function expectOutage(answer: Response): Promise<void> {
  expect(answer.status).toBe(503)
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(answer.headers.get('www-authenticate')).toBeNull()
  expect(await answer.text()).not.toMatch(/redis|ECONN|127\.0\.0\.1/i)
}

function outageLines(stderr: string): string[] {
  return stderr.split('\n').filter((line) => line.startsWith('the store '))
}

/** It recovers by itself, and in time. */
async function expectRecovery({ origin }: Pick<Fleet, 'origin'>): Promise<void> {
  await vi.waitFor(async () => expect(await statusOf(`${origin}/readyz`)).toBe(200), { timeout: 10_000, interval: 100 })
}

describe('Redis that goes away while the server runs', () => {
  it('is an outage while it lasts, and nobody is signed out by it', async () => {
    const { redis, fleet, session } = await startWithRedis()
    for (let round = 0; round < 2; round += 1) {
      await redis.kill('SIGKILL')
      expect(await statusOf(`${fleet.origin}/readyz`)).toBe(503)
      expect(await statusOf(`${fleet.origin}/healthz`)).toBe(200)
      await expectOutage(await whoAmI(fleet.origin, session))
      await expectOutage(await refresh(fleet.origin, session))
      await redis.restart()
      await expectRecovery(fleet)
      expect((await whoAmI(fleet.origin, session)).status).toBe(200)
    }
    const [begin, end] = [
      expect.stringMatching(/^the store is out of reach/),
      expect.stringMatching(/^the store is back after [\d.]+ seconds; operations that were refused: 2$/),
    ]
    expect(outageLines(fleet.stderr())).toEqual([begin, end, begin, end])
    const next = await refreshed(fleet.origin, session)
    expect((await whoAmI(fleet.origin, next)).status).toBe(200)
    await fleet.stop()
  })

  it('is an outage as well when it hangs', async () => {
    const { redis, fleet, session } = await startWithRedis()
    await redis.kill('SIGSTOP')
    expect(await statusOf(`${fleet.origin}/readyz`)).toBe(503)
    await expectOutage(await refresh(fleet.origin, session))
    await redis.kill('SIGCONT')
    await expectRecovery(fleet)
    await expect(refreshed(fleet.origin, session)).resolves.toBeDefined()
    await fleet.stop()
  })
})

it('starts without Redis, says so by its readiness, and works when Redis comes', async () => {
  const port = await freePort()
  const server = await runServer('discord-express', { MCP_AUTH_STORE: `redis://:hunter2@127.0.0.1:${port}` })
  expect(await statusOf(`${server.origin}/healthz`)).toBe(200)
  expect(await statusOf(`${server.origin}/readyz`)).toBe(503)
  const redis = await startRedis({ port, args: ['--requirepass', 'hunter2'] })
  onTestFinished(async () => await redis.stop())
  await expectRecovery(server)
  await vi.waitFor(() => expect(outageLines(server.stderr())).toHaveLength(2), { timeout: 10_000, interval: 100 })
  expect(outageLines(server.stderr())).toEqual([
    expect.stringMatching(/^the store is out of reach/),
    expect.stringMatching(/^the store is back after \d+ seconds$/),
  ])
  expect(server.stdout() + server.stderr()).not.toContain('hunter2')
  server.kill('SIGTERM')
  expect(await server.exit).toEqual({ code: 0, signal: null })
})
