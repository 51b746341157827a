/** Reading JSON-RPC messages before the SDK does: what is called decides whether the call may pass. @module */
import { readBounded } from '../read-bounded.ts'

/** Most bytes of a body. */
const maxBodyBytes = 4 * 1024 * 1024

/** A body that was read, or the answer to one that cannot be. */
export type ReadMessages =
  | { readonly refused: Response; readonly body?: undefined }
  | { readonly refused?: undefined; readonly body: unknown }

/** Reads the body once. What is judged and what the SDK gets is the same value, so that the two cannot differ. */
export async function readMessages(request: Request): Promise<ReadMessages> {
  try {
    const text = await readText(request)
    if (text === undefined) {
      return { refused: rpcError(413, -32_000, `The request body is larger than ${maxBodyBytes} bytes`) }
    }
    const body: unknown = JSON.parse(text)
    return { body }
  } catch {
    // Not JSON, or cut off by a client that went away.
    return { refused: rpcError(400, -32_700, 'Parse error: the request body is not JSON') }
  }
}

/** Whether a body opens a session. */
export function isInitialize(body: unknown): boolean {
  return [body].flat().some(isInitializeRequest)
}

/** The protocol version that a body which opens a session asks for; empty for none. */
export function requestedVersion(body: unknown): string {
  const [message] = [body].flat().filter(isInitializeRequest)
  const version: unknown = isRecord(message) && isRecord(message['params']) ? message['params']['protocolVersion'] : ''
  return typeof version === 'string' ? version : ''
}

/** The ids of the requests in a body. */
export function requestIds(body: unknown): readonly (string | number)[] {
  return [body]
    .flat()
    .filter(isRecord)
    .filter((message) => 'method' in message)
    .map(({ id }) => id)
    .filter((id) => typeof id === 'string' || typeof id === 'number')
}

/** What a client says when a session begins, in order. */
export function initializeMessages(protocolVersion: string): readonly unknown[] {
  const params = { protocolVersion, capabilities: {}, clientInfo: { name: 'session of another process', version: '0' } }
  return [
    { jsonrpc: '2.0', id: 'initialize', method: 'initialize', params },
    { jsonrpc: '2.0', method: 'notifications/initialized' },
  ]
}

/** An answer that belongs to no message. */
export function rpcError(
  status: number,
  code: number,
  message: string,
  headers: Record<string, string> = {},
): Response {
  return Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status, headers })
}

async function readText(request: Request): Promise<string | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBodyBytes) return undefined
  return await readBounded(request, maxBodyBytes)
}

function isInitializeRequest(message: unknown): boolean {
  return isRecord(message) && message['method'] === 'initialize'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
