/** Our proxy as a plain fetch handler, without a framework. @module */
import { getRequestListener } from '@hono/node-server'
import { listen, type StartServer } from '../server.ts'
import { createOurs } from './ours.ts'

/** Starts it. */
export const start: StartServer = async (idp) => {
  const auth = createOurs(idp)
  const guarded = async (request: Request): Promise<Response> => {
    const session = await auth.authenticate(request)
    return session instanceof Response ? session : Response.json({ caller: session.subject })
  }
  const handle = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url)
    if (pathname === '/mcp') return await guarded(request)
    if (pathname === '/open') return Response.json({ caller: 'anybody' })
    return (await auth.fetch(request)) ?? new Response(null, { status: 404 })
  }
  return await listen(getRequestListener(handle))
}
