import { afterAll } from 'vitest'
import { type RedisServer, startRedis } from '../../../store-redis/test/support/redis-server.ts'
import { describeTurns } from './fleet-cases.ts'

let shared: Promise<RedisServer> | undefined
let database = 0
afterAll(async () => await (await shared)?.stop())

describeTurns('Redis', async () => {
  shared ??= startRedis()
  const { url } = await shared
  return `${url}/${database++}`
})
