/** Environment variables → settings, every one checked before anything starts. @module */
import { ConfigurationError } from '../errors.ts'
import { parseRootSecrets } from '../keys/root-secret.ts'
import { type Lifetimes, resolveLifetimes } from '../proxy/lifetimes.ts'
import { readStoreAddress, type StoreAddress } from './store-address.ts'
import {
  readAuthorities,
  readHost,
  readOrigins,
  readPort,
  readScopes,
  readSeconds,
  readSwitch,
  readText,
  readWholeSeconds,
} from './values.ts'
import { assertKnownVariables, type EnvironmentRecord, lifetimeVariables, nameVariable } from './variables.ts'

/** What the environment says. A setting is `undefined` where the default is somebody else's to know. */
export interface Environment {
  /** `HOST` and `PORT`: where to listen; port 0 picks a free one. */
  readonly host: string
  readonly port: number
  /** `MCP_AUTH_BASE_URL`, not checked: `createOAuthProxy` does. */
  readonly baseUrl: string | undefined
  /** `MCP_AUTH_RESOURCE`, not checked: `createOAuthProxy` does. */
  readonly resource: string | undefined
  /** `MCP_AUTH_SECRET`, checked. */
  readonly secret: string | undefined
  /** `MCP_AUTH_STORE`: a database that was not opened yet. */
  readonly store: StoreAddress
  /** `MCP_AUTH_PROVIDER`, where a server knows several. */
  readonly provider: string | undefined
  /** `MCP_AUTH_SCOPES`. */
  readonly scopes: readonly string[] | undefined
  /** `MCP_AUTH_*_TTL` and `MCP_AUTH_REFRESH_GRACE`, with the defaults filled in. */
  readonly lifetimes: Lifetimes
  /** `MCP_AUTH_UPSTREAM_TIMEOUT`. */
  readonly upstreamTimeoutSeconds: number
  /** `MCP_AUTH_CLIENTS`: path of a file that was not opened yet. */
  readonly clientsFile: string | undefined
  /** `MCP_AUTH_CIMD`. */
  readonly clientIdMetadataDocuments: boolean
  /** `MCP_AUTH_CIMD_DANGEROUSLY_ALLOW`: `host:port` pairs. */
  readonly clientIdMetadataDangerouslyAllow: readonly string[]
  /** `MCP_AUTH_ALLOWED_ORIGINS`. */
  readonly allowedOrigins: readonly string[]
  /** `MCP_AUTH_AUDIT_LOG`: path of a file that was not opened yet; `-` is standard error. */
  readonly auditLog: string | undefined
}

/**
 * Reads the configuration of a server from its environment: `MCP_AUTH_*`, `HOST` and `PORT`. An unknown `MCP_AUTH_*`
 * variable is refused, since it is a typing error. Nothing is looked up and no secret is repeated in a message.
 * @throws {ConfigurationError} whose `option` is the name of the variable
 */
export function readEnvironment(env: EnvironmentRecord): Environment {
  assertKnownVariables(env)
  const secret = readSecret(env)
  return {
    host: readHost(env, 'HOST') ?? '127.0.0.1',
    port: readPort(env, 'PORT') ?? 8000,
    baseUrl: readText(env, 'MCP_AUTH_BASE_URL'),
    resource: readText(env, 'MCP_AUTH_RESOURCE'),
    secret,
    store: readStoreAddress(env, secret),
    provider: readText(env, 'MCP_AUTH_PROVIDER'),
    scopes: readScopes(env, 'MCP_AUTH_SCOPES'),
    lifetimes: readLifetimes(env),
    upstreamTimeoutSeconds: readUpstreamTimeout(env),
    clientsFile: readText(env, 'MCP_AUTH_CLIENTS'),
    clientIdMetadataDocuments: readSwitch(env, 'MCP_AUTH_CIMD') ?? true,
    clientIdMetadataDangerouslyAllow: readAuthorities(env, 'MCP_AUTH_CIMD_DANGEROUSLY_ALLOW'),
    allowedOrigins: readOrigins(env, 'MCP_AUTH_ALLOWED_ORIGINS'),
    auditLog: readText(env, 'MCP_AUTH_AUDIT_LOG'),
  }
}

function readSecret(env: EnvironmentRecord): string | undefined {
  const secret = readText(env, 'MCP_AUTH_SECRET')
  if (secret !== undefined) parseRootSecrets(secret, 'MCP_AUTH_SECRET')
  return secret
}

function readLifetimes(env: EnvironmentRecord): Lifetimes {
  const given: { -readonly [Name in keyof Lifetimes]?: number } = {}
  for (const name of ['accessToken', 'refreshToken', 'code', 'transaction', 'refreshGrace'] as const) {
    const seconds = readWholeSeconds(env, lifetimeVariables[name])
    if (seconds !== undefined) given[name] = seconds
  }
  try {
    return resolveLifetimes(given)
  } catch (error) {
    throw error instanceof ConfigurationError ? nameVariable(error) : error
  }
}

function readUpstreamTimeout(env: EnvironmentRecord): number {
  const seconds = readSeconds(env, 'MCP_AUTH_UPSTREAM_TIMEOUT') ?? 10
  if (!(seconds > 0 && seconds <= 60)) {
    throw new ConfigurationError('MCP_AUTH_UPSTREAM_TIMEOUT', 'must be greater than 0 and at most 60 seconds')
  }
  return seconds
}
