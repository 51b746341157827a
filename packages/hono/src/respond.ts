/** Web `Response` → Hono. @module */
import type { Context } from 'hono'

/** Answers. Headers and cookies that earlier middleware set stay, and so does each cookie of the response. */
export function respond(c: Context, response: Response): void {
  const answer = c.newResponse(response.body, response)
  // Hono would put the cookies set earlier in place of these.
  c.res = undefined
  c.res = answer
}
