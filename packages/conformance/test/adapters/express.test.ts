import { sessionContract } from './contract/gate.ts'
import { adapterContract } from './contract.ts'
import { expressHost } from './hosts/express.ts'

adapterContract(expressHost)
sessionContract(expressHost)
