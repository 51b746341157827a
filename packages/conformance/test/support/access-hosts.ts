/** An MCP endpoint behind the gate on every framework: what an author writes between our adapter and the SDK's transport. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { AuthenticateOptions, AuthSession, McpAuth } from '@mcp-auth/core'
import { toWebRequest, writeWebResponse } from '@mcp-auth/core/node'
import * as onExpress from '@mcp-auth/express'
import * as onFastify from '@mcp-auth/fastify'
import * as onHono from '@mcp-auth/hono'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { type Host, hosts } from '../../checks/table.ts'

/** One request that the gate let pass. */
export interface Exchange {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  /** What was posted, as JSON. */
  readonly body: unknown
  readonly session: AuthSession
}

/** Answers what passed the gate. */
export type Serve = (exchange: Exchange) => Promise<void>

/** Makes the server of a host. */
export type MCPHost = (
  auth: McpAuth,
  gate: AuthenticateOptions | undefined,
  serve: Serve,
) => RequestListener | Promise<RequestListener>

const pathOf = (auth: McpAuth): string => new URL(auth.metadata.protectedResource.resource).pathname

function parse(body: string): unknown {
  return body === '' ? undefined : JSON.parse(body)
}

const factories: Readonly<Record<Host, MCPHost>> = {
  express(auth, gate, serve) {
    const app = express()
    app.use(onExpress.mcpAuth(auth))
    app.all(
      pathOf(auth),
      onExpress.requireBearerAuth(auth, gate),
      express.text({ type: '*/*' }),
      async (request, response) => {
        const body = typeof request.body === 'string' ? parse(request.body) : undefined
        await serve({ incoming: request, outgoing: response, body, session: onExpress.readAuthSession(request) })
      },
    )
    return app
  },
  async fastify(auth, gate, serve) {
    const app = fastify()
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, parse(String(body))))
    app.register(onFastify.mcpAuth(auth))
    app.all(pathOf(auth), { onRequest: onFastify.requireBearerAuth(auth, gate) }, async (request, reply) => {
      reply.hijack()
      const session = onFastify.readAuthSession(request)
      await serve({ incoming: request.raw, outgoing: reply.raw, body: request.body ?? undefined, session })
    })
    await app.ready()
    return (request, response) => app.routing(request, response)
  },
  hono(auth, gate, serve) {
    const app = new Hono<{ Bindings: HttpBindings }>()
    app.use(onHono.mcpAuth(auth))
    app.all(pathOf(auth), onHono.requireBearerAuth(auth, gate), async (c) => {
      const { incoming, outgoing } = c.env
      const body = c.req.method === 'POST' ? parse(await c.req.text()) : undefined
      await serve({
        incoming: incoming as IncomingMessage,
        outgoing: outgoing as ServerResponse,
        body,
        session: onHono.readAuthSession(c),
      })
      return RESPONSE_ALREADY_SENT
    })
    const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })
    return (request, response) => void listener(request, response)
  },
  fetch(auth, gate, serve) {
    const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
      const target = incoming.url ?? '/'
      const request = toWebRequest(incoming, auth.origin, target)
      if (new URL(request.url).pathname !== pathOf(auth)) {
        const own = await auth.fetch(request)
        return await writeWebResponse(incoming, outgoing, own ?? new Response(null, { status: 404 }))
      }
      const session = await auth.authenticate(request, gate)
      if (session instanceof Response) return await writeWebResponse(incoming, outgoing, session)
      await serve({ incoming, outgoing, body: parse(await text(incoming)), session })
    }
    return (incoming, outgoing) => void answer(incoming, outgoing)
  },
}

/** The host of this run. */
export function mcpHost(): MCPHost {
  const name = process.env['MCP_AUTH_TEST_HOST'] ?? 'express'
  const host = hosts.find((one) => one === name)
  if (!host) throw new Error(`MCP_AUTH_TEST_HOST must be one of ${hosts.join(', ')}`)
  return factories[host]
}
