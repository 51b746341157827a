/** Web `Response` → Hono. @module */
import type { Context } from 'hono'

/** Answers. Headers and cookies that earlier middleware set stay, and so does each cookie of the response. */
export function respond(c: Context, response: Response): void {
  // Mostly there are none, and a response that goes out as it is costs a server on Node a good deal less.
  const isFirst = c.res.headers.keys().next().done === true
  const answer = isFirst ? response : c.newResponse(response.body, response)
  // Hono would put the cookies set earlier in place of these.
  c.res = undefined
  c.res = answer
}
