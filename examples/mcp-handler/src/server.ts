/** Our sign-in and access rules around Vercel's mcp-handler. @module */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createOAuthProxy } from '@mcp-auth/core'
import { toWebRequest, writeWebResponse } from '@mcp-auth/core/node'
import {
  createDiscordTools,
  discordVariables,
  notFound,
  readDiscordSettings,
  readiness,
  runServer,
  toFailure,
} from '@mcp-auth/example-kit'
import { discord } from '@mcp-auth/provider-discord'
import { createMCPRoute } from './route.ts'

await runServer(async (start) => {
  const settings = await readDiscordSettings(start)
  const provider = discord(settings.provider)
  const auth = createOAuthProxy({ ...start.options, provider, roles: settings.roles })
  const { apiUrl } = settings
  const mcp = createMCPRoute(auth, createDiscordTools({ apiUrl, headers: provider.headers, audit: start.audit }))
  const { resource } = auth.metadata.protectedResource

  // What a framework with file routes does: each path has its handler.
  const route = async (request: Request, clientAddress: string | undefined): Promise<Response> => {
    const { pathname } = new URL(request.url)
    if (pathname === new URL(resource).pathname) return await mcp(request)
    if (pathname === '/healthz') return Response.json({ status: 'up' })
    if (pathname === '/readyz') {
      const { status, body } = await readiness(start.store)
      return Response.json(body, { status })
    }
    return (await auth.fetch(request, { clientAddress })) ?? Response.json(notFound, { status: 404 })
  }
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', url = '/', socket } = request
    try {
      await writeWebResponse(
        request,
        response,
        await route(toWebRequest(request, auth.origin, url), socket.remoteAddress),
      )
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
