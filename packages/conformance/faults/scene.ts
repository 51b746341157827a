/** Everything a run takes place in: store, identity provider, servers, the address in front of them, users. @module */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { auditLogOf } from './audit.ts'
import { type Forwarder, startForwarder } from './forwarder.ts'
import { createHistory, type History } from './history.ts'
import { createLeakCheck } from './leaks.ts'
import { type Chance, createChance } from './random.ts'
import { createServers, type Servers } from './servers.ts'
import { openRunStore, type RunStore, type StoreName } from './stores.ts'
import { startUpstream, type Upstream } from './upstream.ts'

/** What a scene is made of. */
export interface SceneOptions {
  readonly store: StoreName
  readonly servers: number
  readonly users: number
  readonly seed: number
  /** Path of the server program, from the root of the repository. Default: that of the Express example. */
  readonly program?: string
  /** Further variables of the servers. */
  readonly variables?: Readonly<Record<string, string>>
}

/** A scene. */
export interface Scene {
  readonly history: History
  readonly chance: Chance
  readonly store: RunStore
  readonly upstream: Upstream
  readonly forwarder: Forwarder
  readonly servers: Servers
  /** Ids of the users at the identity provider. */
  readonly users: readonly string[]
  /** Where the processes write their audit logs. */
  readonly auditFolder: string
  /** Takes everything down; what still runs is killed. */
  stop(): Promise<void>
}

/** Seconds before a server gives up on the identity provider. */
export const upstreamTimeoutSeconds = 4
const accessTokenSeconds = 15
/** Core refreshes an upstream token with less than 60 seconds to live: with this life, at nearly every use. */
const upstreamLife = 61

/** Sets it up; no server runs yet. */
export async function createScene(options: SceneOptions): Promise<Scene> {
  const chance = createChance(options.seed)
  const history = createHistory()
  const leaks = createLeakCheck()
  const secret = randomBytes(32).toString('base64url')
  leaks.addSecret('the root secret', secret)
  const users = Array.from({ length: options.users }, (_, index) => String(900_000_000_000_000_000n + BigInt(index)))
  const auditFolder = mkdtempSync(join(tmpdir(), 'mcp-auth-faults-'))
  const store = await openRunStore(options.store, options.servers, leaks)
  const [delays, losses] = [chance.fork(-1), chance.fork(-2)]
  const latency = (): number => delays.between(5, 80)
  const upstream = await startUpstream({ users, expiresIn: upstreamLife, latency, history, leaks })
  const inspect = (process: string, answer: string): void => {
    const leak = leaks.find(answer)
    if (leak !== undefined) history.note({ kind: 'leak', process, what: `${leak} in an answer` })
  }
  const forwarder = await startForwarder({ chance: () => losses.next(), inspect })
  const variables = (slot: number, name: string): Readonly<Record<string, string>> => ({
    ...upstream.variables(name),
    MCP_AUTH_SECRET: secret,
    MCP_AUTH_BASE_URL: forwarder.origin,
    MCP_AUTH_STORE: store.address(slot),
    MCP_AUTH_ACCESS_TOKEN_TTL: String(accessTokenSeconds),
    MCP_AUTH_UPSTREAM_TIMEOUT: String(upstreamTimeoutSeconds),
    MCP_AUTH_AUDIT_LOG: auditLogOf(auditFolder, name),
    ...options.variables,
  })
  const program = options.program ?? 'examples/discord-express/src/server.ts'
  const servers = createServers({ size: options.servers, program, forwarder, history, leaks, variables })
  return {
    history,
    chance,
    store,
    upstream,
    forwarder,
    servers,
    users,
    auditFolder,
    async stop() {
      servers.kill()
      await Promise.all([forwarder.stop(), upstream.stop(), store.stop()])
      rmSync(auditFolder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}
