/** Requests that end when nobody waits for their answer any more. @module */
import type { ServerResponse } from 'node:http'

/** The same request, whose signal aborts when the connection closes before the answer was written. */
export function abortWith(response: ServerResponse, request: Request): Request {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  return new Request(request, { signal: gone.signal })
}
