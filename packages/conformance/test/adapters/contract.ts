/** The contract of adapters: what every framework has to do the same. Runs over real sockets. */
import { bodyContract } from './contract/bodies.ts'
import { connectionContract } from './contract/connections.ts'
import { gateContract } from './contract/gate.ts'
import { loginContract } from './contract/login.ts'
import { requestContract } from './contract/requests.ts'
import type { Host } from './host.ts'

/** Registers the tests of a host. */
export function adapterContract(host: Host): void {
  loginContract(host)
  requestContract(host)
  bodyContract(host)
  gateContract(host)
  connectionContract(host)
}
