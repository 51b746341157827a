/** Connections that fail fast, come back by themselves, and never send a command twice. @module */
import type { ConnectionOptions } from 'node:tls'
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import type { RedisAddress } from './address.ts'
import type { RedisSentinelOptions, RedisTarget } from './options.ts'

/** Settings, with answers in the one shape we read. */
type SingleSettings = Omit<RedisOptions, 'replyMapping'> & { readonly replyMapping?: 'legacy' }
type ClusterSettings = Omit<ClusterOptions, 'redisOptions'> & { readonly redisOptions: SingleSettings }

/** Longest wait for a connection to be accepted, in milliseconds. */
const connectMilliseconds = 5000
/** Longest wait between two attempts to connect, in milliseconds. */
const maxBackoffMilliseconds = 1000

/** Opens what `target` names. An instance the user made stays theirs: it may be blocked, subscribed, or resending. */
export function openClient(target: RedisTarget, tls: ConnectionOptions, timeoutSeconds: number): Redis | Cluster {
  const single = singleOptions(timeoutSeconds * 1000)
  const cluster = clusterOptions(timeoutSeconds * 1000)
  if (target.kind === 'server') {
    const { host, port } = target.address
    return new Redis({ ...single, host, port, ...signIn(target.address, tls) })
  }
  if (target.kind === 'sentinel') {
    return new Redis({ ...single, ...sentinelOptions(target.sentinel, target.addresses, tls) })
  }
  if (target.kind === 'cluster') return openCluster(target.addresses, tls, cluster)
  const { client } = target
  if (!('nodes' in client)) return client.duplicate(single)
  const redisOptions = { ...client.options.redisOptions, ...cluster.redisOptions, replyMapping: 'legacy' as const }
  return client.duplicate([], { ...cluster, redisOptions })
}

function openCluster(
  addresses: readonly [RedisAddress, ...RedisAddress[]],
  tls: ConnectionOptions,
  options: ClusterSettings,
): Cluster {
  const nodes = addresses.map(({ host, port }) => ({ host, port }))
  return new Cluster(nodes, {
    ...options,
    // Certificates are for names: a name that was looked up already could not be checked.
    ...(addresses[0].isTLS ? { dnsLookup: (address, callback) => callback(null, address) } : {}),
    redisOptions: { ...options.redisOptions, ...signIn(addresses[0], tls) },
  })
}

function sentinelOptions(
  sentinel: RedisSentinelOptions,
  addresses: readonly [RedisAddress, ...RedisAddress[]],
  tls: ConnectionOptions,
): SingleSettings {
  const { isTLS, username, password } = addresses[0]
  return {
    sentinels: addresses.map(({ host, port }) => ({ host, port })),
    name: sentinel.primary,
    db: sentinel.database ?? 0,
    ...(sentinel.username === undefined ? {} : { username: sentinel.username }),
    ...(sentinel.password === undefined ? {} : { password: sentinel.password }),
    ...(username === undefined ? {} : { sentinelUsername: username }),
    ...(password === undefined ? {} : { sentinelPassword: password }),
    ...(isTLS ? { tls, sentinelTLS: tls, enableTLSForSentinelMode: true } : {}),
  }
}

function signIn(address: RedisAddress, tls: ConnectionOptions): SingleSettings {
  const { isTLS, username, password, database } = address
  return {
    db: database,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(isTLS ? { tls } : {}),
  }
}

/** Settings of every connection; they also replace those of an instance the user made. */
function safeOptions(timeoutMilliseconds: number): SingleSettings {
  return {
    // A command whose answer was lost may have done its work: `GETDEL` sent again would find nothing.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableAutoPipelining: false,
    // Every operation has a deadline already, which tells a busy process from a silent server.
    commandTimeout: undefined,
    // Otherwise a connection that died without a word stays until the kernel gives up, a quarter of an hour later.
    // Twice the time: what is given up takes all commands under way with it.
    socketTimeout: 2 * timeoutMilliseconds,
    connectTimeout: timeoutMilliseconds,
    maxLoadingRetryTime: maxBackoffMilliseconds,
    replyMapping: 'legacy',
  }
}

function singleOptions(timeoutMilliseconds: number): SingleSettings {
  return {
    ...safeOptions(timeoutMilliseconds),
    connectTimeout: connectMilliseconds,
    // What waited in a queue would be sent after its caller was told that it failed.
    enableOfflineQueue: false,
    retryStrategy: backoff,
    sentinelRetryStrategy: backoff,
    sentinelCommandTimeout: timeoutMilliseconds,
    role: 'master',
    readOnly: false,
    lazyConnect: false,
    // After a failover the old primary still listens, as a replica.
    reconnectOnError: (error) => error.message.includes('READONLY'),
  }
}

function clusterOptions(timeoutMilliseconds: number): ClusterSettings {
  return {
    clusterRetryStrategy: backoff,
    // Anything else would send what was under way when a node went away once more.
    retryDelayOnFailover: 0,
    clusterNodeRetryStrategy: null,
    // A node that is being connected to would refuse otherwise, which has commands fail that only came early. It is
    // connected to in the time of an operation or not at all, for what waited must not come late.
    enableOfflineQueue: true,
    scaleReads: 'master',
    lazyConnect: false,
    enableAutoPipelining: false,
    slotsRefreshTimeout: timeoutMilliseconds,
    redisOptions: safeOptions(timeoutMilliseconds),
  }
}

/** Doubles from 50 milliseconds on, and spreads the servers that lost the same Redis. */
function backoff(attempt: number): number {
  const most = Math.min(25 * 2 ** Math.min(attempt, 10), maxBackoffMilliseconds)
  return Math.ceil(most * (0.5 + Math.random() / 2))
}
