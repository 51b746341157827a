/** A server that nobody should ever connect to. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Counts connections, whatever is sent over them. */
export interface Canary {
  readonly origin: string
  connections(): number
  close(): Promise<void>
}

/** Starts it. `document` is the JSON it gives to everybody. */
export async function startCanary(document: unknown): Promise<Canary> {
  let connections = 0
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(document))
  })
  server.on('connection', () => {
    connections += 1
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
