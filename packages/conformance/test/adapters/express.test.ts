import { describeAdapterContract } from '@mcp-auth/testing/adapter-contract'
import { expressHost } from './hosts/express.ts'

describeAdapterContract('Express', expressHost)
