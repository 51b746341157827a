/** Access rules in a plain `node:http` server, without MCP: the server of `pnpm start`. @module */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createOAuthProxy } from '@mcp-auth/core'
import { toWebRequest, writeWebResponse } from '@mcp-auth/core/node'
import { discordVariables, notFound, readDiscordSettings, readiness, runServer, toFailure } from '@mcp-auth/example-kit'
import { discord } from '@mcp-auth/provider-discord'
import { serveNotes } from './api.ts'
import { createNotes } from './notes.ts'

await runServer(async (start) => {
  const settings = await readDiscordSettings(start)
  const auth = createOAuthProxy({ ...start.options, provider: discord(settings.provider), roles: settings.roles })
  const { resource } = auth.metadata.protectedResource
  const options = { auth, notes: createNotes(), discordURL: settings.apiUrl }

  const answer = async (request: Request, clientAddress: string | undefined): Promise<Response> => {
    const { pathname } = new URL(request.url)
    if (pathname === '/healthz') return Response.json({ status: 'up' })
    if (pathname === '/readyz') {
      const { status, body } = await readiness(start.store)
      return Response.json(body, { status })
    }
    const served = (await auth.fetch(request, { clientAddress })) ?? (await serveNotes(request, options))
    return served ?? Response.json(notFound, { status: 404 })
  }
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', url = '/', socket } = request
    try {
      const incoming = toWebRequest(request, auth.origin, url)
      await writeWebResponse(request, response, await answer(incoming, socket.remoteAddress))
    } catch (error) {
      const { status, body } = toFailure(error, method, url)
      await writeWebResponse(request, response, Response.json(body, { status }))
    }
  }
  return {
    listener: (request, response) => void serve(request, response),
    resource,
    endStreams() {},
    close: async () => await Promise.resolve(),
  }
}, discordVariables)
