import { describeAdapterContract } from '@mcp-auth/testing/adapter-contract'
import { fetchHost } from './hosts/fetch.ts'

describeAdapterContract('fetch alone', fetchHost)
