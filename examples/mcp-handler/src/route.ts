/** Our gate and our rules around a handler of the npm package `mcp-handler`. @module */
import { createMCPAccess, guard, type McpAuth, requireAuth } from '@mcp-auth/core'
import { readMessages, registerTools, type Tool } from '@mcp-auth/example-kit'
import { createMcpHandler } from 'mcp-handler'

/**
 * Makes the route of the MCP endpoint: what a Next.js application exports as `GET`, `POST` and `DELETE`.
 * The handler makes a server for every request, so that `protect` is called where its tools are registered.
 */
export function createMCPRoute(auth: McpAuth, tools: readonly Tool[]): (request: Request) => Promise<Response> {
  const access = createMCPAccess(auth, { tools: Object.fromEntries(tools.map((tool) => [tool.name, tool])) })
  const handle = createMcpHandler((server) => registerTools(access.protect(server), tools), {
    serverInfo: { name: 'mcp-handler-example', version: '0.0.0' },
    capabilities: { tools: {} },
  })
  return async (request) => {
    const session = await guard(request, auth, requireAuth)
    if (session instanceof Response) return session
    const { body, refused } = request.method === 'POST' ? await readMessages(request) : { body: undefined }
    const refusal = refused ?? (await access.refuse(request, session, body))
    const unread = refusal ? undefined : withSession(request, session, body)
    const answer = refusal ?? (unread ? await handle(unread) : tooDeep())
    for (const [name, value] of Object.entries(auth.corsHeaders(request))) answer.headers.set(name, value)
    return answer
  }
}

/** The request as the handler wants it: with the session as `auth`, and with a body that was not read yet; `undefined` for one that cannot be. */
function withSession(request: Request, session: object, body: unknown): Request | undefined {
  const { url, method, headers, signal } = request
  try {
    // Written from what was judged, so that the handler cannot read anything else.
    const again = body === undefined ? {} : { body: JSON.stringify(body) }
    return Object.assign(new Request(url, { method, headers, signal, ...again }), { auth: session })
  } catch {
    return undefined
  }
}

/** JSON can be read at any depth, and be written only as deep as the stack. */
function tooDeep(): Response {
  const error = { code: -32_600, message: 'Invalid Request: the message is nested too deeply' }
  return Response.json({ jsonrpc: '2.0', error, id: null }, { status: 400 })
}
