import { adapterContract } from './contract.ts'
import { expressHost } from './hosts/express.ts'

adapterContract(expressHost)
