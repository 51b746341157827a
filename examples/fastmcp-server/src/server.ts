/** Our sign-in and access rules inside a server of the npm package fastmcp. @module */
import { createMCPAccess, createOAuthProxy } from '@mcp-auth/core'
import {
  createDiscordTools,
  discordVariables,
  notFound,
  readDiscordSettings,
  readiness,
  runServer,
  runTool,
} from '@mcp-auth/example-kit'
import { discord } from '@mcp-auth/provider-discord'
import { FastMCP } from 'fastmcp'
import { authenticateWith, browserOriginsOf, callBy, type FastSession, readClientAddress, visibleBy } from './gate.ts'

// The library says some things by `console.log`, whatever logger it has: anybody could fill standard output.
console.log = console.error

await runServer(async (start) => {
  const settings = await readDiscordSettings(start)
  const provider = discord(settings.provider)
  const auth = createOAuthProxy({ ...start.options, provider, roles: settings.roles })
  const tools = createDiscordTools({ apiUrl: settings.apiUrl, headers: provider.headers, audit: start.audit })
  const access = createMCPAccess(auth, { tools: Object.fromEntries(tools.map((tool) => [tool.name, tool])) })

  const server = new FastMCP<FastSession>({
    name: 'fastmcp-example',
    version: '0.0.0',
    authenticate: authenticateWith(auth, access),
    // Standard output has the ready line and nothing else.
    logger: { debug() {}, error: console.error, info() {}, log() {}, warn: console.error },
    health: { path: '/healthz', message: 'up' },
  })
  for (const tool of tools) {
    const { name, title, description, canAccess: rule } = tool
    server.addTool({
      name,
      description,
      annotations: { title, readOnlyHint: true },
      canAccess: visibleBy(rule),
      execute: async (_parameters, { session }) =>
        await callBy(rule, session, access.report({ kind: 'tool', name }, session), async (caller) => {
          const { text, isError = false } = await runTool(tool, caller, AbortSignal.timeout(15_000))
          return { content: [{ type: 'text', text }], isError }
        }),
    })
  }

  // Discovery, authorize, consent, callback, token, register, revoke, jwks: routes beside the one of fastmcp.
  const app = server.getApp()
  app.get('/readyz', async (c) => {
    const { status, body } = await readiness(start.store)
    return c.json(body, status)
  })
  app.all('*', async (c) => {
    const answer = await auth.fetch(c.req.raw, { clientAddress: readClientAddress(c.env) })
    return answer ?? c.json(notFound, 404)
  })

  const { resource } = auth.metadata.protectedResource
  const endpoint = `/${new URL(resource).pathname.slice(1)}` as const
  return {
    resource,
    listen: async ({ host, port }) =>
      await server.start({
        transportType: 'httpStream',
        // A session of its own for each request: roles and scopes are those of the token that came with it.
        httpStream: { host, port, endpoint, stateless: true, enableJsonResponse: true, cors: browserOriginsOf(auth) },
      }),
    close: async () => {
      await server.stop()
      await auth.close()
    },
  }
}, discordVariables)
