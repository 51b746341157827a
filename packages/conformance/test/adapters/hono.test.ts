import { describeAdapterContract } from '@mcp-auth/testing/adapter-contract'
import { honoHost } from './hosts/hono.ts'

describeAdapterContract('Hono', honoHost)
