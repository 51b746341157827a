/** A socket of this machine. */
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that listens before it can answer, since its own address is part of its configuration. */
export interface Listening {
  readonly origin: string
  answerWith(listener: RequestListener): void
  close(): Promise<void>
}

/** Listens on a free port. */
export async function listen(): Promise<Listening> {
  const server: Server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answerWith: (listener) => void server.on('request', listener),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
