import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeStoreContract } from '@mcp-auth/testing/store-contract'
import { vi } from 'vitest'
import { createLMDBStore } from '../src/index.ts'

// Each write waits for the disk, which is slow on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

describeStoreContract('LMDB, three connections', ({ now }) => {
  const folder = mkdtempSync(join(tmpdir(), 'store-lmdb-'))
  const stores = Array.from({ length: 3 }, () => createLMDBStore({ folder, now }))
  const [store, ...others] = stores as [(typeof stores)[0], ...typeof stores]
  return {
    store,
    others,
    async close() {
      for (const one of stores) await one.close()
      rmSync(folder, { recursive: true })
    },
  }
})
