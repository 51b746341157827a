import { adapterContract } from './contract.ts'
import { honoHost } from './hosts/hono.ts'

adapterContract(honoHost)
