import { sessionContract } from './contract/gate.ts'
import { adapterContract } from './contract.ts'
import { honoHost } from './hosts/hono.ts'

adapterContract(honoHost)
sessionContract(honoHost)
