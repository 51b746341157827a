/** Whether Redis keeps what it was given. @module */
import type { Cluster, Redis } from 'ioredis'

const advice =
  'An entry that Redis drops signs a user out, or lets a used code be used again: give this data a Redis of its own, ' +
  'with maxmemory-policy noeviction.'

/**
 * The sentence to warn with when a server may drop live entries to make room.
 * @see [Key eviction](https://redis.io/docs/latest/develop/reference/eviction/)
 */
export async function findEviction(client: Redis | Cluster): Promise<string | undefined> {
  const servers = 'nodes' in client ? client.nodes('master') : [client]
  // `CONFIG GET` says the same, but hosted servers often forbid it.
  const reports = await Promise.all(servers.map(async (server) => await server.info('memory')))
  const policies = reports.map((report) => /^maxmemory_policy:(\S+)/m.exec(report)?.[1])
  const evicting = policies.find((policy) => policy !== undefined && policy !== 'noeviction')
  return evicting === undefined ? undefined : `maxmemory-policy of Redis is ${evicting}. ${advice}`
}
