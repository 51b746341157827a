/** The store that `MCP_AUTH_STORE` names. @module */
import { ConfigurationError, createMemoryStore, nameVariable, type Store, type StoreAddress } from '@mcp-auth/core'
import { createLMDBStore } from '@mcp-auth/store-lmdb'
import { createRedisStore } from '@mcp-auth/store-redis'

/** A store that was opened. */
export interface OpenStore extends Store {
  /** Rejects when nothing can be written at the moment. */
  ping(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens the store. A folder that cannot be used will not heal by itself, and is refused; a Redis that is out of reach
 * may come back, and the server starts without it.
 * @throws {ConfigurationError} `MCP_AUTH_STORE`
 */
export function openStore(address: StoreAddress): OpenStore {
  try {
    return open(address)
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    throw nameVariable(error, { folder: 'MCP_AUTH_STORE', url: 'MCP_AUTH_STORE' })
  }
}

function open(address: StoreAddress): OpenStore {
  if (address.kind === 'lmdb') return createLMDBStore({ folder: address.folder })
  if (address.kind === 'redis') return createRedisStore({ url: address.url, onWarning: console.error })
  return { ...createMemoryStore(), async ping() {}, async close() {} }
}
