/** What every server of the comparison is given, and gives. @module */
import type { JsonWebKey } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

/** Public origin of every server. TLS ends at the socket's other end: see {@link listen}. */
export const origin = 'https://mcp.example'

/** Identifier of what is protected. */
export const resource: string = `${origin}/mcp`

/** Where the client is called back: a loopback address, as native clients have it. */
export const redirectURI = 'http://127.0.0.1:33418/callback'

/** The one scope. */
export const scope = 'profile'

/** Life of access tokens, in seconds. */
export const tokenSeconds = 3600

/** How long a connection may be idle. */
const keepAliveSeconds = 600

/** Where the identity provider (IdP) is, and what it knows of the servers. */
export interface IdPAddress {
  readonly origin: string
  readonly clientId: string
  readonly clientSecret: string
  /** Signs the IdP's access tokens, which are JWTs. */
  readonly publicKey: JsonWebKey
}

/** A server that listens on loopback. */
export interface RunningServer {
  readonly port: number
  readonly stop: () => Promise<void>
}

/** Starts a server. */
export type StartServer = (idp: IdPAddress) => Promise<RunningServer>

/** Answers a request; may take its time. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

/** Serves on loopback. */
export async function listen(handler: Handler): Promise<RunningServer> {
  const server = createServer((request, response) => void handler(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return runningServer(server)
}

/**
 * A server of Node that listens. What asks it for the scheme of a request is told `https`, as behind a proxy that
 * ends TLS: browsers send cookies marked `Secure` to such a server only, and some servers refuse to work without.
 */
export function runningServer(server: Server): RunningServer {
  // Connections are not used while it is the turn of others.
  server.keepAliveTimeout = keepAliveSeconds * 1000
  server.on('connection', (socket) => Object.assign(socket, { encrypted: true }))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server does not listen on a port')
  return {
    port: address.port,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
