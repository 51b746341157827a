/** The stores that a run can be on, and what can happen to each. @module */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RedisServer, startRedis } from '../../store-redis/test/support/redis-server.ts'
import type { LeakCheck } from './leaks.ts'
import { type RedisProxy, startRedisProxy } from './redis-proxy.ts'

/** Names of the stores: Redis that loses everything when it dies, Redis that loses nothing, LMDB. */
export const storeNames = ['redis', 'redis-aof', 'lmdb'] as const
export type StoreName = (typeof storeNames)[number]

/** A store of a run. */
export interface RunStore {
  /** `MCP_AUTH_STORE` of the server in a slot. */
  address(slot: number): string
  /** Absent for a store without a process of its own. */
  readonly redis?: RedisOfRun
  stop(): Promise<void>
}

/** Redis, with a line to each server. */
export interface RedisOfRun {
  readonly server: RedisServer
  readonly lines: readonly RedisProxy[]
  /** Whether it forgets everything when it is killed. */
  readonly isForgetful: boolean
}

/** Opens a store for so many servers. */
export async function openRunStore(name: StoreName, size: number, leaks: LeakCheck): Promise<RunStore> {
  return name === 'lmdb' ? openLMDB() : await openRedis(name === 'redis-aof', size, leaks)
}

function openLMDB(): RunStore {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-auth-faults-'))
  return {
    address: () => `lmdb:${join(folder, 'data')}`,
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

async function openRedis(appendonly: boolean, size: number, leaks: LeakCheck): Promise<RunStore> {
  const password = randomBytes(12).toString('hex')
  leaks.addSecret('the password of Redis', password)
  const server = await startRedis({ appendonly, args: ['--requirepass', password] })
  const lines = await Promise.all(Array.from({ length: size }, async () => await startRedisProxy(server.port)))
  return {
    address: (slot) => `redis://:${password}@127.0.0.1:${lines[slot]?.port}`,
    redis: { server, lines, isForgetful: !appendonly },
    async stop() {
      await Promise.all(lines.map(async (line) => await line.stop()))
      await server.stop()
    },
  }
}
