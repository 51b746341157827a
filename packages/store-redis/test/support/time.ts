/** Time for a server that has a clock of its own. @module */
import type { Redis } from 'ioredis'

/**
 * Lets keys age: takes so many seconds off what each has left. A key without a lifetime keeps none. Those whose time is
 * over expire by the server's own doing, which is waited for.
 */
export async function age(servers: readonly Redis[], keyPrefix: string, seconds: number): Promise<void> {
  for (const server of servers) {
    const keys = await server.keys(`${keyPrefix}*`)
    await Promise.all(keys.map(async (key) => await ageKey(server, key, seconds * 1000)))
  }
}

async function ageKey(server: Redis, key: string, milliseconds: number): Promise<void> {
  const left = await server.pttl(key)
  if (left < 0) return
  await server.pexpire(key, Math.max(1, Math.round(left - milliseconds)))
  while (left <= milliseconds && (await server.exists(key)) === 1) await server.ping()
}
