import { createMemoryStore } from '@mcp-auth/core'
import { describeStoreContract } from '@mcp-auth/testing/store-contract'

describeStoreContract('memory', ({ now }) => ({ store: createMemoryStore({ now }) }))
