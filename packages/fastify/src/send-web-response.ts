/** Web `Response` → Fastify reply, so that the application's own hooks and log see it. @module */
import { type NodeRequest, toEarlyResponse } from '@mcp-auth/core/node'

/** The part of a Fastify request we read: that of every server, HTTP/2 too. */
export interface Request {
  readonly raw: NodeRequest
  readonly url: string
}

/** The part of a Fastify reply we write. */
export interface Reply {
  readonly raw: { setHeader(name: string, value: string): unknown }
  send(payload: Response): { then(fulfilled: () => void, rejected: (error: Error) => void): void }
}

/** Sends a response; resolves when it is sent, so that Fastify does not go on with the request. */
export async function sendWebResponse(
  request: Pick<Request, 'raw'>,
  reply: Reply,
  response: Response,
): Promise<unknown> {
  return await reply.send(await toEarlyResponse(request.raw, response))
}
