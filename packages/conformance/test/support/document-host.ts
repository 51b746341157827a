/** A host on TLS where clients publish their metadata and keys. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { ClientDocumentPolicy } from '@mcp-auth/express'
import { onTestFinished } from 'vitest'
import { trustedCertificate } from '../../../core/test/support/tls.ts'
import { redirectURI, type TestClient } from './client.ts'
import type { TestServer, TestServerOptions } from './server.ts'
import { startServer } from './start.ts'

/** An answer: a document with headers, or whatever a handler does. */
export type DocumentAnswer =
  | {
      readonly status?: number
      readonly headers?: Readonly<Record<string, string>>
      /** A text as it is; anything else as JSON. */
      readonly body?: unknown
    }
  | ((request: IncomingMessage, response: ServerResponse) => void)

/** The host. */
export interface DocumentHost {
  /** `https://localhost:PORT` */
  readonly origin: string
  /** For `dangerouslyAllowedHosts`. */
  readonly authority: string
  readonly port: number
  /** Paths that were asked for, in order. */
  readonly requests: string[]
  /** TCP connections, whatever was sent over them. */
  connections(): number
  /** What a path answers from now on. */
  answer(path: string, answer: DocumentAnswer): void
  /** Drops every connection from now on, or takes them again. */
  setDown(isDown: boolean): void
}

/** Starts a host for the running test. */
export async function startDocumentHost(
  options: { readonly address?: string; readonly port?: number } = {},
): Promise<DocumentHost> {
  const answers = new Map<string, DocumentAnswer>()
  const requests: string[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  let isDown = false
  const server = createServer(trustedCertificate(), (request, response) => {
    const path = request.url ?? ''
    requests.push(path)
    const answer = answers.get(path) ?? { status: 404, body: 'nothing here' }
    if (typeof answer === 'function') return answer(request, response)
    const { status = 200, headers = {}, body = '' } = answer
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  server.on('connection', (socket: Socket) => {
    connections += 1
    sockets.add(socket)
    if (isDown) socket.destroy()
  })
  server.listen(options.port ?? 0, options.address ?? '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return {
    origin: `https://localhost:${port}`,
    authority: `localhost:${port}`,
    port,
    requests,
    connections: () => connections,
    answer: (path, answer) => void answers.set(path, answer),
    setDown: (down) => {
      isDown = down
    },
  }
}

/** Metadata of a public client that lives at `url`; `over` changes members, `undefined` removes one. */
export function clientDocument(url: string, over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    client_id: url,
    client_name: 'Document Client',
    redirect_uris: [redirectURI],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
    ...over,
  }
}

/** Publishes a client; its id is the URL. */
export function publishClient(
  host: DocumentHost,
  over: Readonly<Record<string, unknown>> = {},
  options: { readonly path?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): TestClient {
  const { path = '/client.json', headers = {} } = options
  const url = host.origin + path
  host.answer(path, { headers, body: clientDocument(url, over) })
  return { client_id: url }
}

/** A server, and the one host on this machine that it may fetch documents from. */
export interface DocumentSetUp {
  readonly host: DocumentHost
  readonly server: TestServer
}

/** Starts both for the running test. `policy` adds to the policy for documents. */
export async function startWithDocuments(
  options: TestServerOptions = {},
  policy: ClientDocumentPolicy = {},
): Promise<DocumentSetUp> {
  const host = await startDocumentHost()
  const clientIdMetadata = { dangerouslyAllowedHosts: [host.authority], ...policy }
  return { host, server: await startServer({ httpsHosts: ['localhost'], clientIdMetadata, ...options }) }
}
