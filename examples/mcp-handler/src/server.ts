/** Our sign-in and access rules around Vercel's mcp-handler. @module */
import { createOAuthProxy } from '@mcp-auth/core'
import { createDiscordTools, discordVariables, readDiscordSettings, runServer, toListener } from '@mcp-auth/example-kit'
import { discord } from '@mcp-auth/provider-discord'
import { createMCPRoute } from './route.ts'

await runServer(async (start) => {
  const settings = await readDiscordSettings(start)
  const provider = discord(settings.provider)
  const auth = createOAuthProxy({ ...start.options, provider, roles: settings.roles })
  const { apiUrl } = settings
  const mcp = createMCPRoute(auth, createDiscordTools({ apiUrl, headers: provider.headers, audit: start.audit }))
  const { resource } = auth.metadata.protectedResource

  const { pathname } = new URL(resource)
  const listener = toListener({
    origin: auth.origin,
    store: start.store,
    // What a framework with file routes does: each path has its handler.
    fetch: async (request, info) =>
      new URL(request.url).pathname === pathname ? await mcp(request) : await auth.fetch(request, info),
  })
  return { listener, close: auth.close, resource }
}, discordVariables)
