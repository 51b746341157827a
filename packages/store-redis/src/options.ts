/** What a user configures, and the checks on it. @module */
import { emitWarning } from 'node:process'
import type { ConnectionOptions } from 'node:tls'
import { ConfigurationError } from '@mcp-auth/core'
import type { Cluster, Redis } from 'ioredis'
import { parseAddress, parseAddresses, type RedisAddress } from './address.ts'

/** Where [Sentinels](https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/) are that know the primary. */
export interface RedisSentinelOptions {
  /** Name under which the Sentinels watch the primary, such as `mymaster`. */
  readonly primary: string
  /** URLs of Sentinels, with the Sentinels' own user name and password. With `rediss:`, the servers use TLS as well. */
  readonly urls: readonly string[]
  /** User name at the Redis servers. */
  readonly username?: string | undefined
  /** Password at the Redis servers. */
  readonly password?: string | undefined
  /** Number of the database. Default: 0. */
  readonly database?: number | undefined
}

/** Options of `createRedisStore()`: one of `url`, `cluster`, `sentinel` and `client`, and how to use it. */
export interface RedisStoreOptions {
  /** One server: `redis://user:password@host:port/database`, or `rediss:` for TLS. */
  readonly url?: string | undefined
  /** URLs of some nodes of a cluster, which name the others. User, password and TLS are the same for all. */
  readonly cluster?: readonly string[] | undefined
  /** Sentinels, which name the server. */
  readonly sentinel?: RedisSentinelOptions | undefined
  /** An instance of ioredis. The store opens a connection of its own with its settings, and leaves this one alone. */
  readonly client?: Redis | Cluster | undefined
  /** TLS settings such as `ca`, for `rediss:` URLs. Default: those of Node. */
  readonly tls?: ConnectionOptions | undefined
  /** Put before every key. Servers that share a database and not their users need one each. Default: `mcp-auth:`. */
  readonly keyPrefix?: string | undefined
  /** Longest time that an operation takes, in seconds; then it rejects. Default: 2. */
  readonly timeoutSeconds?: number | undefined
  /** Told once if Redis may drop entries of its own accord. Default: `process.emitWarning`. */
  readonly onWarning?: ((message: string) => void) | undefined
}

/** What to connect to. */
export type RedisTarget =
  | { readonly kind: 'server'; readonly address: RedisAddress }
  | { readonly kind: 'cluster'; readonly addresses: readonly [RedisAddress, ...RedisAddress[]] }
  | {
      readonly kind: 'sentinel'
      readonly addresses: readonly [RedisAddress, ...RedisAddress[]]
      readonly sentinel: RedisSentinelOptions
    }
  | { readonly kind: 'client'; readonly client: Redis | Cluster }

/** Options after the checks, with every default filled in. */
export interface ParsedRedisStoreOptions {
  readonly target: RedisTarget
  readonly tls: ConnectionOptions
  readonly keyPrefix: string
  readonly timeoutSeconds: number
  readonly onWarning: (message: string) => void
}

/**
 * Checks the options once, at start. No message quotes a URL: it may hold a password.
 * @throws {ConfigurationError} naming the option and what would be right
 */
export function parseRedisStoreOptions(options: RedisStoreOptions): ParsedRedisStoreOptions {
  const { keyPrefix = 'mcp-auth:', timeoutSeconds = 2, tls, onWarning = warn } = options
  const target = parseTarget(options)
  if (typeof keyPrefix !== 'string') throw new ConfigurationError('keyPrefix', 'must be a text')
  // A hash tag would put every key of a cluster on one node.
  if (/[{}]/.test(keyPrefix)) throw new ConfigurationError('keyPrefix', 'must not contain { or }')
  // Core waits for five seconds at most.
  if (!(typeof timeoutSeconds === 'number' && timeoutSeconds > 0 && timeoutSeconds <= 5)) {
    throw new ConfigurationError('timeoutSeconds', 'must be a number of seconds greater than 0, at most 5')
  }
  if (tls !== undefined && !usesTLS(target)) {
    throw new ConfigurationError('tls', 'is for rediss: URLs; an instance of ioredis has settings of its own')
  }
  if (typeof onWarning !== 'function') throw new ConfigurationError('onWarning', 'must be a function')
  return { target, tls: tls ?? {}, keyPrefix, timeoutSeconds, onWarning }
}

function parseTarget(options: RedisStoreOptions): RedisTarget {
  const { url, cluster, sentinel, client } = options
  if ([url, cluster, sentinel, client].filter((one) => one !== undefined).length !== 1) {
    throw new ConfigurationError('url', 'give exactly one of url, cluster, sentinel and client')
  }
  if (client !== undefined) return { kind: 'client', client: parseClient(client) }
  if (cluster !== undefined) return { kind: 'cluster', addresses: parseClusterAddresses(cluster) }
  if (sentinel !== undefined) return parseSentinel(sentinel)
  return { kind: 'server', address: parseAddress('url', url) }
}

function parseClient(client: Redis | Cluster): Redis | Cluster {
  if (typeof client === 'object' && typeof client?.duplicate === 'function') return client
  throw new ConfigurationError('client', 'must be an instance of Redis or Cluster of ioredis')
}

function parseClusterAddresses(urls: readonly string[]): readonly [RedisAddress, ...RedisAddress[]] {
  const addresses = parseAddresses('cluster', urls)
  const hasDatabase = addresses.some(({ database }) => database !== 0)
  if (hasDatabase) throw new ConfigurationError('cluster', 'a cluster has database 0 only')
  return addresses
}

function parseSentinel(sentinel: RedisSentinelOptions | null): RedisTarget {
  if (typeof sentinel !== 'object' || sentinel === null) {
    throw new ConfigurationError('sentinel', 'must be an object with primary and urls')
  }
  const { primary, urls, username, password, database = 0 } = sentinel
  if (typeof primary !== 'string' || primary === '') {
    throw new ConfigurationError('sentinel.primary', "must be the name the Sentinels know, such as 'mymaster'")
  }
  for (const [name, value] of Object.entries({ username, password })) {
    if (value !== undefined && typeof value !== 'string') {
      throw new ConfigurationError(`sentinel.${name}`, 'must be a text')
    }
  }
  if (!Number.isSafeInteger(database) || database < 0) {
    throw new ConfigurationError('sentinel.database', 'must be a whole number')
  }
  return { kind: 'sentinel', addresses: parseAddresses('sentinel.urls', urls), sentinel }
}

function usesTLS(target: RedisTarget): boolean {
  if (target.kind === 'client') return false
  return target.kind === 'server' ? target.address.isTLS : target.addresses[0].isTLS
}

function warn(message: string): void {
  emitWarning(message, { code: 'MCP_AUTH_STORE_REDIS' })
}
