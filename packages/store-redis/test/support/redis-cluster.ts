/** A cluster of three servers without replicas, and a primary with a replica that a Sentinel watches. @module */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'
import { type RedisServer, run, startRedis } from './redis-server.ts'

const execute = promisify(execFile)

/** What `redis-cli` answers to a command at a port. */
export async function ask(port: number, ...command: readonly string[]): Promise<string> {
  const { stdout } = await execute('redis-cli', ['-p', `${port}`, ...command])
  return stdout
}

/** A cluster whose nodes know each other. */
export interface RedisCluster {
  readonly nodes: readonly RedisServer[]
  readonly urls: readonly string[]
  readonly stop: () => Promise<void>
}

/** Starts three servers that share the slots. */
export async function startCluster(): Promise<RedisCluster> {
  const startNode = async (): Promise<RedisServer> => {
    const bus = await freePort()
    return await startRedis({
      // Longer than a busy machine lets a node wait, which the others would take for its end.
      args: ['--cluster-enabled', 'yes', '--cluster-port', `${bus}`, '--cluster-node-timeout', '5000'],
    })
  }
  const nodes = await Promise.all([startNode(), startNode(), startNode()])
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
  await execute('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes'])
  for (const { port } of nodes) {
    while (!(await ask(port, 'cluster', 'info')).includes('cluster_state:ok')) await soon()
  }
  return {
    nodes,
    urls: nodes.map(({ url }) => url),
    stop: async () => void (await Promise.all(nodes.map(async (node) => await node.stop()))),
  }
}

/** Servers that a Sentinel watches under the name `mymaster`. */
export interface WatchedRedis {
  readonly primary: RedisServer
  readonly replica: RedisServer
  readonly sentinelURL: string
  readonly stop: () => Promise<void>
}

/** Starts a primary, its replica, and a Sentinel that decides alone. */
export async function startWatched(): Promise<WatchedRedis> {
  const primary = await startRedis()
  const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', `${primary.port}`] })
  while (!(await ask(replica.port, 'info', 'replication')).includes('master_link_status:up')) await soon()
  const folder = mkdtempSync(join(tmpdir(), 'mcp-auth-sentinel-'))
  const port = await freePort()
  const settings = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor mymaster 127.0.0.1 ${primary.port} 1`,
    // Longer than a busy machine lets the primary wait.
    'sentinel down-after-milliseconds mymaster 5000',
    'sentinel failover-timeout mymaster 3000',
  ]
  const file = join(folder, 'sentinel.conf')
  writeFileSync(file, `${settings.join('\n')}\n`)
  const sentinel = await run([file, '--sentinel'])
  while (!(await ask(port, 'sentinel', 'replicas', 'mymaster')).includes(`${replica.port}`)) await soon()
  return {
    primary,
    replica,
    sentinelURL: `redis://127.0.0.1:${port}`,
    stop: async () => {
      sentinel.kill('SIGKILL')
      await Promise.all([primary.stop(), replica.stop()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Between two looks at a server that is on its way. */
async function soon(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 50))
}
