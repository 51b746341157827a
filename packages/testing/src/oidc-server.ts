/** An OpenID Provider on a socket of this machine. @module */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createFakeIdP, type FakeIdP, type FakeIdPOptions } from '@mcp-auth/core/mocks'
import { toWebRequest, writeWebResponse } from '@mcp-auth/core/node'

/** Options of {@link startOIDCServer}: those of `createFakeIdP`, and where to listen. */
export interface OIDCServerOptions extends Omit<FakeIdPOptions, 'issuer'> {
  /** Port on the loopback. Default: a free one. */
  readonly port?: number
  /** Path of the issuer, such as `/realms/test`. Default: none. */
  readonly path?: string
  /** Show a page on which a human chooses who to be, instead of agreeing at once. Default `false`. */
  readonly interactive?: boolean
}

/** A running OpenID Provider. */
export interface OIDCServer {
  /** Where it is: the `iss` of its tokens, below which its metadata is found. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Its users, settings, faults and requests. */
  readonly idp: FakeIdP
  /** Stops listening and ends every connection. */
  readonly close: () => Promise<void>
}

/**
 * Starts an OpenID Provider for tests and demos: authorization code with PKCE, `id_token`s signed by real keys,
 * refresh, revocation, userinfo, introspection and metadata. It has no passwords and listens on the loopback alone.
 * @throws {Error} of Node when the port is taken
 * @see [OpenID Connect Core](https://openid.net/specs/openid-connect-core-1_0.html)
 * @example
 * const idp = await startOIDCServer({ interactive: true })
 * console.log(idp.issuer, idp.clientId, idp.clientSecret)
 */
export async function startOIDCServer(options: OIDCServerOptions = {}): Promise<OIDCServer> {
  const { port = 0, path = '', interactive = false, settings, ...rest } = options
  const server = createServer()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer = origin + path
  const idp = createFakeIdP({ ...rest, issuer, settings: { interactive, ...settings } })
  server.on('request', (incoming, outgoing) => void serve(incoming, outgoing, origin, idp))
  const { clientId, clientSecret } = idp
  return { issuer, clientId, clientSecret, idp, close: async () => await close(server, idp) }
}

async function serve(incoming: IncomingMessage, outgoing: ServerResponse, origin: string, idp: FakeIdP): Promise<void> {
  const request = toWebRequest(incoming, origin, incoming.url ?? '/')
  const response = await idp.fetch(request).catch(() => new Response('Internal Server Error', { status: 500 }))
  await writeWebResponse(incoming, outgoing, response)
}

async function close(server: Server, idp: FakeIdP): Promise<void> {
  idp.release()
  if (!server.listening) return
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
}
