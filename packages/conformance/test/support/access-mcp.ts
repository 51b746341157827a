/** MCP servers of both official SDKs under the same access rules, on a real socket. */
import { randomUUID } from 'node:crypto'
import { toRequestHead, toWebRequest, writeWebResponse } from '@mcp-auth/core/node'
import { type AuthenticateOptions, createMCPAccess, type MCPAccess, type MCPAccessOptions } from '@mcp-auth/express'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { createMcpHandler, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server'
import { type Exchange, mcpHost, type Serve } from './access-hosts.ts'
import { createV1Server, createV2Server, type Runs } from './access-tools.ts'
import type { TestServer, TestServerOptions } from './server.ts'
import { startServer } from './start.ts'

/** An SDK, and how it is served. */
export type ServerKind = 'v1 stateful' | 'v2 stateful' | 'v2 stateless'

/** Settings of {@link startAccessServer}. */
export interface AccessServerOptions {
  readonly rules: MCPAccessOptions
  readonly gate?: AuthenticateOptions
  /** Without it, the only guard is the one inside of the server. Default: `true`. */
  readonly refusesEarly?: boolean
  /** Installs `access.scopeChallenge` on `list_guilds`, SDK v2 only. */
  readonly hasScopeChallenge?: boolean
  readonly proxy?: TestServerOptions
}

/** The server. */
export interface AccessServer extends TestServer {
  /** Roles by username; a change counts from the next request on. */
  readonly roles: Map<string, readonly string[]>
  /** How often each handler ran, by its name. */
  readonly runs: Runs
  readonly access: MCPAccess
}

/** Starts it for the running test. Its MCP sessions are found by their id alone: whose they are is for us to know. */
export async function startAccessServer(kind: ServerKind, options: AccessServerOptions): Promise<AccessServer> {
  const roles = new Map<string, readonly string[]>()
  const runs: Runs = new Map()
  const made: { access?: MCPAccess } = {}
  const server = await startServer({
    discordScopes: ['identify'],
    ...options.proxy,
    roles: ({ username = '' }) => roles.get(username) ?? [],
    listener: (auth, calls) => {
      const access = createMCPAccess(auth, options.rules)
      made.access = access
      const serve = endpoints[kind](access, runs, options.hasScopeChallenge === true)
      const { origin } = new URL(auth.metadata.protectedResource.resource)
      return mcpHost()(auth, options.gate, async (exchange) => {
        const { incoming, outgoing, session, body } = exchange
        calls.push({ method: incoming.method ?? '', subject: session.subject })
        const head = toRequestHead(incoming, origin, incoming.url ?? '/')
        const refusal = options.refusesEarly === false ? undefined : await access.refuse(head, session, body)
        await (refusal ? writeWebResponse(incoming, outgoing, refusal) : serve(exchange))
      })
    },
  })
  if (!made.access) throw new Error('the server was not made')
  return { ...server, roles, runs, access: made.access }
}

/** A request whose body was read already. */
function webRequest({ incoming, session, body }: Exchange): Request {
  return toWebRequest(incoming, session.resource.origin, incoming.url ?? '/', body)
}

function sessionId({ incoming }: Exchange): string {
  const id = incoming.headers['mcp-session-id']
  return typeof id === 'string' ? id : ''
}

const endpoints: Readonly<Record<ServerKind, (access: MCPAccess, runs: Runs, hasScopeChallenge: boolean) => Serve>> = {
  'v1 stateful'(access, runs) {
    const transports = new Map<string, StreamableHTTPServerTransport>()
    return async (exchange) => {
      const known = transports.get(sessionId(exchange))
      const transport =
        known ??
        new StreamableHTTPServerTransport({
          sessionIdGenerator: () => randomUUID(),
          onsessioninitialized: (id) => void transports.set(id, transport),
        })
      if (!known) {
        const { server, registerLate } = createV1Server(runs)
        access.protect(server)
        registerLate()
        await server.connect(transport)
      }
      const { incoming, outgoing, session, body } = exchange
      await transport.handleRequest(Object.assign(incoming, { auth: session }), outgoing, body)
    }
  },
  'v2 stateful'(access, runs, hasScopeChallenge) {
    const transports = new Map<string, WebStandardStreamableHTTPServerTransport>()
    return async (exchange) => {
      const known = transports.get(sessionId(exchange))
      const transport =
        known ??
        new WebStandardStreamableHTTPServerTransport({
          sessionIdGenerator: () => randomUUID(),
          onsessioninitialized: (id) => void transports.set(id, transport),
        })
      if (!known) await createProtectedV2(access, runs, hasScopeChallenge).connect(transport)
      const { session, body } = exchange
      const answer = await transport.handleRequest(webRequest(exchange), { authInfo: session, parsedBody: body })
      await writeWebResponse(exchange.incoming, exchange.outgoing, answer)
    }
  },
  'v2 stateless'(access, runs, hasScopeChallenge) {
    const handler = createMcpHandler(() => createProtectedV2(access, runs, hasScopeChallenge), { legacy: 'reject' })
    return async (exchange) => {
      const { session, body } = exchange
      const answer = await handler.fetch(webRequest(exchange), { authInfo: session, parsedBody: body })
      await writeWebResponse(exchange.incoming, exchange.outgoing, answer)
    }
  },
}

function createProtectedV2(
  access: MCPAccess,
  runs: Runs,
  hasScopeChallenge: boolean,
): ReturnType<typeof createV2Server>['server'] {
  const { server, registerLate } = createV2Server(runs, hasScopeChallenge ? access.scopeChallenge : undefined)
  access.protect(server)
  registerLate()
  return server
}
