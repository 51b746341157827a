/** A server that is one function from request to answer, for Node's own HTTP server. @module */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { RequestInfo } from '@mcp-auth/core'
import { toWebRequest, writeWebResponse } from '@mcp-auth/core/node'
import { notFound, toFailure } from './failure.ts'
import { readiness } from './health.ts'
import { abortWith } from './mcp/abort-with.ts'

/** What the listener needs. */
export interface FetchListenerOptions {
  /** Public origin; requests are read as if they were sent there, whatever their Host says. */
  readonly origin: string
  /** Whose health `/readyz` tells. */
  readonly store: Parameters<typeof readiness>[0]
  /** Answers a request; `undefined` for a path that leads nowhere. */
  readonly fetch: (request: Request, info: RequestInfo) => Promise<Response | undefined>
}

/** Makes the listener. It adds `/healthz` and `/readyz`, and an answer to what leads nowhere or goes wrong. */
export function toListener({ origin, store, fetch }: FetchListenerOptions): RequestListener {
  const answer = async (request: Request, info: RequestInfo): Promise<Response> => {
    const { pathname } = new URL(request.url)
    if (pathname === '/healthz') return Response.json({ status: 'up' })
    if (pathname === '/readyz') {
      const { status, body } = await readiness(store)
      return Response.json(body, { status })
    }
    return (await fetch(request, info)) ?? Response.json(notFound, { status: 404 })
  }
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', url = '/', socket } = request
    try {
      const incoming = abortWith(response, toWebRequest(request, origin, url))
      await writeWebResponse(request, response, await answer(incoming, { clientAddress: socket.remoteAddress }))
    } catch (error) {
      const { status, body } = toFailure(error, method, url)
      await writeWebResponse(request, response, Response.json(body, { status }))
    }
  }
  return (request, response) => void serve(request, response)
}
