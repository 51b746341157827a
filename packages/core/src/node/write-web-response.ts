/** Web `Response` → Node response. @module */
import type { NodeRequest, NodeResponse } from './to-web-request.ts'

/** Writes status, headers (each Set-Cookie on its own) and body, waiting when the client is slow. */
export async function writeWebResponse(request: NodeRequest, response: NodeResponse, from: Response): Promise<void> {
  response.statusCode = from.status
  for (const [name, value] of from.headers) if (name !== 'set-cookie') response.setHeader(name, value)
  const cookies = from.headers.getSetCookie()
  if (cookies.length > 0) response.setHeader('set-cookie', cookies)
  // A body nobody read would keep the connection, and a closing server, waiting for the rest of it.
  if (!request.complete) response.setHeader('connection', 'close')
  if (from.body) {
    for await (const chunk of from.body) {
      if (response.destroyed) return
      if (!response.write(chunk)) await drained(response)
    }
  }
  response.end()
}

async function drained(response: NodeResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    response.once('drain', resolve)
    response.once('close', resolve)
  })
}
