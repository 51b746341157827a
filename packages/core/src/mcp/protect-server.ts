/** Access rules inside an MCP server: what its clients see and reach, message by message. @module */
import { findAuthSession } from '../access/auth-session.ts'
import { jsonResponse } from '../handlers/responses.ts'
import { type GuardedMessages, guardMessages, type MessageGuardOptions, sessionNotFound } from './guard-messages.ts'

/** A transport of the MCP SDK, v1 or v2: the part that carries messages. */
export interface TransportLike {
  onmessage?: ((message: never, extra?: never) => void) | undefined
  onclose?: (() => void) | undefined
  start(): Promise<void>
  send(message: never, options?: never): Promise<void>
}

/** A `Server` of the MCP SDK, v1 or v2. */
interface Connectable {
  connect(transport: never): Promise<void>
}

/** A `Server` of the MCP SDK, v1 or v2, or an `McpServer`, which holds one. */
export type MCPServerLike = Connectable & { readonly server?: Connectable }

/** What each server is protected with. */
const protections = new WeakMap<Connectable, MessageGuardOptions>()

/**
 * Puts the rules between a server and every transport it is connected to. Handlers of the server and its registered
 * tools stay as they are, so that nothing that is registered later, or by somebody else, is left out. Once more with
 * the same options changes nothing.
 * @param options the same object means the same rules
 * @throws {TypeError} when it is connected already, or protected by other rules
 */
export function protectServer<Server extends MCPServerLike>(server: Server, options: MessageGuardOptions): Server {
  const inner: Connectable = server.server ?? server
  const known = protections.get(inner)
  if (known === options) return server
  if (known) throw new TypeError('the server is protected by another access: put all rules into one createMCPAccess')
  if ('transport' in inner && inner.transport !== undefined) {
    throw new TypeError('protect(server) has to be called before the server is connected')
  }
  protections.set(inner, options)
  const connect = inner.connect.bind(inner)
  inner.connect = async (transport) => {
    guardTransport(transport, options)
    await connect(transport)
  }
  return server
}

/** `connect` sets the server's own listeners and then calls `start`: that is when they are known. */
function guardTransport(transport: TransportLike, options: MessageGuardOptions): void {
  const send = transport.send.bind(transport) as (message: unknown, options?: unknown) => Promise<void>
  const start = transport.start.bind(transport)
  const guarded = guardMessages(send, options)
  const replaceable: Replaceable = transport
  const { handleRequest } = replaceable
  replaceable.send = guarded.send
  replaceable.start = async () => {
    const receive = transport.onmessage as ((message: unknown, extra?: unknown) => void) | undefined
    const { onclose } = transport
    if (receive) replaceable.onmessage = guarded.receiver(receive)
    replaceable.onclose = () => {
      guarded.close()
      onclose?.()
    }
    await start()
  }
  if (typeof handleRequest === 'function') {
    const handle = handleRequest.bind(transport) as HandleRequest
    replaceable.handleRequest = guardRequests(handle, guarded.serves)
  }
}

/** The parts of a transport that are exchanged; each has the type that its SDK gave it. */
interface Replaceable {
  send: unknown
  start: unknown
  onmessage?: unknown
  onclose?: unknown
  handleRequest?: unknown
}

/** As transports for HTTP have it: for a `Request` and options, or for Node's request and response. */
type HandleRequest = (request: unknown, second?: unknown, ...others: readonly unknown[]) => Promise<unknown>

/**
 * Some requests hold no message, or reach the server's streams before it: one that opens the stream of a session, gets
 * what was missed on it, or ends it. They are the owner's as well.
 */
function guardRequests(handle: HandleRequest, serves: GuardedMessages['serves']): HandleRequest {
  return async (request, second, ...others) => {
    const response = isNodeResponse(second) ? second : undefined
    if (serves(findAuthSession(response ? request : second))) return await handle(request, second, ...others)
    const body = { jsonrpc: '2.0', id: null, error: sessionNotFound }
    if (!response) return jsonResponse(404, body)
    response.writeHead(404, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    response.end(JSON.stringify(body))
    return undefined
  }
}

interface NodeResponse {
  writeHead(status: number, headers: Readonly<Record<string, string>>): unknown
  end(body: string): unknown
}

function isNodeResponse(value: unknown): value is NodeResponse {
  return typeof value === 'object' && value !== null && 'writeHead' in value && 'end' in value
}
