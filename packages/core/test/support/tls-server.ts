/** Servers for what fetches. @module */
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import { type AddressInfo, createServer as createTCPServer, type Server, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'
import { trustedCertificate } from './tls.ts'

/** A server on this machine, for as long as the test runs. */
export interface LocalServer {
  readonly port: number
  /** Connections so far. */
  connections(): number
  /** Settles when no connection is open. */
  idle(): Promise<void>
  /** Names that clients asked for in the TLS handshake. */
  readonly names: (string | false | null)[]
}

async function listen(server: Server, address: string, port: number): Promise<LocalServer> {
  const open = new Set<Socket>()
  let connections = 0
  let wake: () => void = () => {}
  server.on('connection', (socket) => {
    connections += 1
    open.add(socket)
    socket.on('close', () => {
      open.delete(socket)
      wake()
    })
  })
  const names: LocalServer['names'] = []
  server.on('secureConnection', (socket: TLSSocket) => names.push(socket.servername))
  server.listen(port, address)
  await once(server, 'listening')
  onTestFinished(async () => {
    for (const socket of open) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    names,
    async idle() {
      while (open.size > 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}

/** An https server with a certificate that this process trusts. */
export async function startTLSServer(
  listener: RequestListener,
  { address = '127.0.0.1', port = 0 }: { readonly address?: string; readonly port?: number } = {},
): Promise<LocalServer> {
  return await listen(createServer(trustedCertificate(), listener), address, port)
}

/** A server that takes connections and is silent, or says what `onConnection` says. */
export async function startTCPServer(
  onConnection: (socket: Socket) => void = () => {},
  { address = '127.0.0.1', port = 0 }: { readonly address?: string; readonly port?: number } = {},
): Promise<LocalServer> {
  const server = createTCPServer((socket) => {
    socket.on('error', () => {}).resume()
    onConnection(socket)
  })
  return await listen(server, address, port)
}
