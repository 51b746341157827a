/** The frameworks that every test of a server runs on, each in its plainest form. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import type { AuthenticateOptions, AuthSession, McpAuth } from '@mcp-auth/core'
import { toWebRequest, writeWebResponse } from '@mcp-auth/core/node'
import * as onExpress from '@mcp-auth/express'
import * as onFastify from '@mcp-auth/fastify'
import * as onHono from '@mcp-auth/hono'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { type Host, hosts } from '../../checks/table.ts'

/** Calls that reached a protected endpoint. */
export type Calls = { method: string; subject: string }[]

/** An application with our adapter and one endpoint behind the gate. */
export type HostFactory = (
  auth: McpAuth,
  calls: Calls,
  options?: HostOptions,
) => RequestListener | Promise<RequestListener>

/** What is not as plain as can be. */
export interface HostOptions {
  readonly gate?: AuthenticateOptions
  /** Paths behind the gate. Default: the path of the resource. */
  readonly paths?: readonly string[]
  /** What the endpoint answers. Default: {@link facts}. */
  readonly answer?: (session: AuthSession) => Record<string, unknown> | Promise<Record<string, unknown>>
}

function facts(session: AuthSession): Record<string, unknown> {
  return { subject: session.subject, scopes: session.scopes, clientId: session.clientId }
}

const pathsOf = (auth: McpAuth, { paths }: HostOptions): readonly string[] =>
  paths ?? [new URL(auth.metadata.protectedResource.resource).pathname]

const factories: Readonly<Record<Host, HostFactory>> = {
  express(auth, calls, options = {}) {
    const app = express()
    app.disable('x-powered-by')
    app.use(onExpress.mcpAuth(auth))
    app.all([...pathsOf(auth, options)], onExpress.requireBearerAuth(auth, options.gate), async (request, response) => {
      const session = onExpress.readAuthSession(request)
      calls.push({ method: request.method, subject: session.subject })
      response.json(await (options.answer ?? facts)(session))
    })
    return app
  },
  async fastify(auth, calls, options = {}) {
    const app = fastify()
    // The endpoint reads no body, and Fastify's own parser would refuse an empty one.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _payload, done) => done(null))
    app.register(onFastify.mcpAuth(auth))
    for (const path of pathsOf(auth, options)) {
      app.all(path, { onRequest: onFastify.requireBearerAuth(auth, options.gate) }, async (request) => {
        const session = onFastify.readAuthSession(request)
        calls.push({ method: request.method, subject: session.subject })
        return await (options.answer ?? facts)(session)
      })
    }
    await app.ready()
    return (request, response) => app.routing(request, response)
  },
  hono(auth, calls, options = {}) {
    const app = new Hono()
    app.use(onHono.mcpAuth(auth, { clientAddress: (c) => getConnInfo(c).remote.address }))
    app.on('ALL', [...pathsOf(auth, options)], onHono.requireBearerAuth(auth, options.gate), async (c) => {
      const session = onHono.readAuthSession(c)
      calls.push({ method: c.req.method, subject: session.subject })
      return c.json(await (options.answer ?? facts)(session))
    })
    const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })
    return (request, response) => void listener(request, response)
  },
  fetch(auth, calls, options = {}) {
    const { origin } = auth
    const paths = pathsOf(auth, options)
    const answer = async (request: Request, clientAddress: string | undefined): Promise<Response> => {
      const own = await auth.fetch(request, { clientAddress })
      if (own) return own
      if (!paths.includes(new URL(request.url).pathname)) return new Response(null, { status: 404 })
      const session = await auth.authenticate(request, options.gate)
      if (session instanceof Response) return session
      calls.push({ method: request.method, subject: session.subject })
      return Response.json(await (options.answer ?? facts)(session), { headers: auth.corsHeaders(request) })
    }
    const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
      const request = toWebRequest(incoming, origin, incoming.url ?? '/')
      await writeWebResponse(incoming, outgoing, await answer(request, incoming.socket.remoteAddress))
    }
    return (incoming, outgoing) => void serve(incoming, outgoing)
  },
}

/** The host of this run. */
export function hostFactory(): HostFactory {
  const name = process.env['MCP_AUTH_TEST_HOST'] ?? 'express'
  const host = hosts.find((one) => one === name)
  if (!host) throw new Error(`MCP_AUTH_TEST_HOST must be one of ${hosts.join(', ')}`)
  return factories[host]
}
