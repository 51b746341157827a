/** A store for MCP servers of many processes on one machine: LMDB. @module */
export { createLMDBStore, type LMDBStore, type LMDBStoreOptions } from './lmdb-store.ts'
