import { describeAdapterContract } from '@mcp-auth/testing/adapter-contract'
import { fastifyHost } from './hosts/fastify.ts'

describeAdapterContract('Fastify', fastifyHost)
