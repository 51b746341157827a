/** Answers to requests whose body has not arrived yet. @module */
import type { NodeRequest } from './to-web-request.ts'

/** Milliseconds for which a client that is still sending may read the answer before its connection is closed. */
const lingering = 1500

/**
 * A response that may be sent although nobody read the body: what of it has not arrived is not waited for, so the
 * connection closes. It closes in stages, since a client that still sends would lose the answer with the connection.
 * @see [RFC 9112 §9.6](https://www.rfc-editor.org/rfc/rfc9112#section-9.6)
 */
export async function toEarlyResponse(request: NodeRequest, response: Response): Promise<Response> {
  // The end of a body that has arrived may still be on its way through the parser.
  if (!request.complete) await new Promise((resolve) => setImmediate(resolve))
  if (request.complete) return response
  const headers = new Headers(response.headers)
  headers.set('connection', 'close')
  const body = response.body?.pipeThrough(new TransformStream({ flush: async () => await discardRest(request) }))
  return new Response(body ?? null, { status: response.status, headers })
}

/** Reads and drops what still arrives, for a moment. */
async function discardRest(request: NodeRequest): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, lingering)
    request.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
    request.resume()
  })
}
