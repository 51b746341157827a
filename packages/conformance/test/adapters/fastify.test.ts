import { sessionContract } from './contract/gate.ts'
import { adapterContract } from './contract.ts'
import { fastifyHost } from './hosts/fastify.ts'

adapterContract(fastifyHost)
sessionContract(fastifyHost)
