/** A store for MCP servers on many machines: Redis or Valkey. @module */
export { Cluster, Redis } from 'ioredis'
export type { RedisSentinelOptions, RedisStoreOptions } from './options.ts'
export { createRedisStore, type RedisStore } from './redis-store.ts'
