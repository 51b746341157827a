/** Access rules in a plain `node:http` server, without MCP: the server of `pnpm start`. @module */
import { createOAuthProxy } from '@mcp-auth/core'
import { discordVariables, readDiscordSettings, runServer, toListener } from '@mcp-auth/example-kit'
import { discord } from '@mcp-auth/provider-discord'
import { serveNotes } from './api.ts'
import { createNotes } from './notes.ts'

await runServer(async (start) => {
  const settings = await readDiscordSettings(start)
  const auth = createOAuthProxy({ ...start.options, provider: discord(settings.provider), roles: settings.roles })
  const { resource } = auth.metadata.protectedResource
  const options = { auth, notes: createNotes(), discordURL: settings.apiUrl }

  const listener = toListener({
    origin: auth.origin,
    store: start.store,
    fetch: async (request, info) => (await auth.fetch(request, info)) ?? (await serveNotes(request, options)),
  })
  return { listener, close: auth.close, resource }
}, discordVariables)
