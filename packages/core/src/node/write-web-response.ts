/** Web `Response` → Node response. @module */
import { toEarlyResponse } from './early-response.ts'
import type { NodeRequest, NodeResponse } from './to-web-request.ts'

/**
 * Writes status, headers (each Set-Cookie on its own, beside those that are there) and body, waiting when the client
 * is slow.
 */
export async function writeWebResponse(request: NodeRequest, response: NodeResponse, answer: Response): Promise<void> {
  const from = await toEarlyResponse(request, answer)
  response.statusCode = from.status
  for (const [name, value] of from.headers) if (name !== 'set-cookie') response.setHeader(name, value)
  for (const cookie of from.headers.getSetCookie()) response.appendHeader('set-cookie', cookie)
  if (from.body) {
    // A stream may have nothing to say for long, but that it is open has to be said at once.
    if (from.headers.get('content-type')?.startsWith('text/event-stream')) response.flushHeaders()
    const reader = from.body.getReader()
    let resume = (): void => {}
    // Whoever writes the stream learns at once that nobody reads it any more.
    response.once('close', () => {
      resume()
      void reader.cancel().catch(() => {})
    })
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (response.destroyed) return
      if (response.write(part.value)) continue
      await new Promise<void>((resolve) => {
        resume = resolve
        response.once('drain', resolve)
      })
    }
  }
  response.end()
}
