/** Where grants are kept, as `MCP_AUTH_STORE` says it. @module */
import { ConfigurationError } from '../errors.ts'
import { readText } from './values.ts'
import type { EnvironmentRecord } from './variables.ts'

/** Where grants are kept. Nothing was opened yet; a URL of Redis may hold a password. */
export type StoreAddress =
  | { readonly kind: 'memory' }
  | { readonly kind: 'lmdb'; readonly folder: string }
  | { readonly kind: 'redis'; readonly url: string }

const variable = 'MCP_AUTH_STORE'

/**
 * Reads `memory:`, `lmdb:<folder>`, `redis://…` and `rediss://…`. Default: memory.
 * @throws {ConfigurationError} `MCP_AUTH_STORE` for anything else, or `MCP_AUTH_SECRET`: what outlives the process is of
 * no use with a secret that does not
 */
export function readStoreAddress(env: EnvironmentRecord, secret: string | undefined): StoreAddress {
  const address = parseStoreAddress(readText(env, variable) ?? 'memory:')
  if (address.kind !== 'memory' && secret === undefined) {
    throw new ConfigurationError(
      'MCP_AUTH_SECRET',
      `is required with a store of kind ${address.kind}:, which outlives this process; make one with: openssl rand -hex 32`,
    )
  }
  return address
}

/** The text itself may hold a password: no message repeats any of it. */
function parseStoreAddress(text: string): StoreAddress {
  if (text === 'memory:') return { kind: 'memory' }
  if (text.startsWith('lmdb:')) return { kind: 'lmdb', folder: parseFolder(text.slice('lmdb:'.length)) }
  if (/^rediss?:/.test(text)) return { kind: 'redis', url: parseRedisURL(text) }
  throw new ConfigurationError(variable, 'must be memory:, lmdb:<folder>, redis://<host> or rediss://<host>')
}

function parseFolder(folder: string): string {
  if (folder === '' || folder.startsWith('//') || folder.includes('\0')) {
    throw new ConfigurationError(
      variable,
      'lmdb: must be followed by a folder, such as lmdb:./data or lmdb:/var/lib/mcp',
    )
  }
  return folder
}

function parseRedisURL(url: string): string {
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url) || new URL(url).hostname === '') {
    throw new ConfigurationError(
      variable,
      'must be a URL such as redis://<host> or rediss://<user>:<password>@<host>:6379',
    )
  }
  return url
}
