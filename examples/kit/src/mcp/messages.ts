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
  return (Array.isArray(body) ? body : [body]).some(isInitializeRequest)
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
  return typeof message === 'object' && message !== null && 'method' in message && message.method === 'initialize'
}
