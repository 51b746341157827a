/** The contract of adapters: what every framework has to do the same, over real sockets. @module */
import { describe } from 'vitest'
import { bodyContract } from './contract/bodies.ts'
import { connectionContract } from './contract/connections.ts'
import { gateContract, sessionContract } from './contract/gate.ts'
import { loginContract } from './contract/login.ts'
import { requestContract } from './contract/requests.ts'
import type { AdapterHost } from './host.ts'

export {
  type AdapterCall,
  type AdapterHost,
  earlierCookie,
  echo,
  mcpPath,
  nothingHere,
  paths,
  thrownBy,
} from './host.ts'

/**
 * Describes what an adapter must do, whatever its framework: whole sign-ins, the gate, bodies behind parsers, odd
 * request lines, spoofed forwarding headers, slow and broken connections.
 * @example
 * describeAdapterContract('Express', {
 *   parsers: ['express.json'],
 *   keepsSession: true,
 *   listener: (auth, calls, parser) => createApplication(auth, calls, parser),
 * })
 */
export function describeAdapterContract(name: string, host: AdapterHost): void {
  describe(`the adapter contract: ${name}`, () => {
    loginContract(host)
    requestContract(host)
    bodyContract(host)
    gateContract(host)
    connectionContract(host)
    if (host.keepsSession) sessionContract(host)
  })
}
