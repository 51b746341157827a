/** Our sign-in and access rules inside a server of the npm package fastmcp. @module */
import { createMCPAccess, createOAuthProxy } from '@mcp-auth/core'
import { toRequestHead } from '@mcp-auth/core/node'
import {
  createDiscordTools,
  discordVariables,
  readDiscordSettings,
  runServer,
  runTool,
  toListener,
} from '@mcp-auth/example-kit'
import { discord } from '@mcp-auth/provider-discord'
import { FastMCP } from 'fastmcp'
import { createFront, findFreePort } from './front.ts'
import { authenticateWith, browserOriginsOf, callBy, type FastSession, visibleBy } from './gate.ts'

// The library says some things by `console.log`, whatever logger it has: anybody could fill standard output.
console.log = console.error

await runServer(async (start) => {
  const settings = await readDiscordSettings(start)
  const provider = discord(settings.provider)
  const auth = createOAuthProxy({ ...start.options, provider, roles: settings.roles })
  const tools = createDiscordTools({ apiUrl: settings.apiUrl, headers: provider.headers, audit: start.audit })
  const access = createMCPAccess(auth, { tools: Object.fromEntries(tools.map((tool) => [tool.name, tool])) })

  const port = await findFreePort()
  const front = createFront(port, async (request) => {
    const session = await auth.authenticate(toRequestHead(request, auth.origin, request.url ?? '/'))
    return session instanceof Response ? session : undefined
  })
  const server = new FastMCP<FastSession>({
    name: 'fastmcp-example',
    version: '0.0.0',
    authenticate: authenticateWith(auth, access, front.bodyOf),
    // Standard output has the ready line and nothing else.
    logger: { debug() {}, error: console.error, info() {}, log() {}, warn: console.error },
  })
  const stopping = new AbortController()
  const calls = new Set<Promise<unknown>>()
  for (const tool of tools) {
    const { name, title, description, canAccess: rule } = tool
    server.addTool({
      name,
      description,
      annotations: { title, readOnlyHint: true },
      canAccess: visibleBy(rule),
      execute: async (_parameters, { session }) => {
        const call = callBy(rule, session, access.report({ kind: 'tool', name }, session), async (caller) => {
          const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(15_000)])
          const { text, isError = false } = await runTool(tool, caller, signal)
          return { content: [{ type: 'text' as const, text }], isError }
        })
        calls.add(call)
        return await call.finally(() => calls.delete(call))
      },
    })
  }

  const { resource } = auth.metadata.protectedResource
  const endpoint = `/${new URL(resource).pathname.slice(1)}` as const
  await server.start({
    transportType: 'httpStream',
    httpStream: {
      host: '127.0.0.1',
      port,
      endpoint,
      // A session of its own for each request: roles and scopes are those of the token that came with it.
      stateless: true,
      enableJsonResponse: true,
      cors: browserOriginsOf(auth),
    },
  })

  // Discovery, authorize, consent, callback, token, register, revoke, jwks: everything but the endpoint of fastmcp.
  const others = toListener({
    origin: auth.origin,
    store: start.store,
    fetch: async (request, info) => await auth.fetch(request, info),
  })
  return {
    resource,
    listener: (request, response) => {
      const [path] = (request.url ?? '/').split('?', 1)
      return path === endpoint ? front.listener(request, response) : others(request, response)
    },
    async endCalls() {
      stopping.abort()
      await Promise.allSettled(calls)
    },
    async close() {
      await server.stop()
      await auth.close()
    },
  }
}, discordVariables)
