/** No framework: `node:http`, the bridge, and the two functions of the proxy. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { AuthSession, OAuthProxy } from '@mcp-auth/core'
import { toWebRequest, writeWebResponse } from '@mcp-auth/core/node'
import {
  type AdapterCall,
  type AdapterHost,
  earlierCookie,
  echo,
  mcpPath,
  nothingHere,
  paths,
} from '@mcp-auth/testing/adapter-contract'
import { answerAsWebSDK } from '../sdk.ts'

const readBefore = 'a text read before'

interface Endpoint {
  readonly gate?: { readonly requiredScopes: readonly string[] }
  answer(request: Request, session: AuthSession): Response | Promise<Response>
}

function endpoints(auth: OAuthProxy, calls: AdapterCall[]): Readonly<Record<string, Endpoint>> {
  const mcp = async (request: Request, session: AuthSession): Promise<Response> => {
    calls.push({ method: request.method, subject: session.subject })
    return Response.json(echo(session, session, request.method === 'POST' ? await request.json() : undefined))
  }
  return {
    [mcpPath(auth)]: { answer: mcp },
    [paths.guilds]: { gate: { requiredScopes: ['identify', 'guilds'] }, answer: () => Response.json('guilds') },
    [paths.sdk]: { answer: answerAsWebSDK },
    [paths.broken]: {
      answer: () => {
        throw new Error('broken on purpose')
      },
    },
  }
}

async function answer(
  auth: OAuthProxy,
  request: Request,
  endpoint: Endpoint | undefined,
  clientAddress: string | undefined,
): Promise<Response> {
  const own = await auth.fetch(request, { clientAddress })
  if (own) return own
  if (!endpoint) return new Response(nothingHere, { status: 404 })
  const session = await auth.authenticate(request, endpoint.gate)
  if (session instanceof Response) return session
  const answered = await endpoint.answer(request, session)
  const headers = new Headers([...answered.headers, ...Object.entries(auth.corsHeaders(request))])
  return new Response(answered.body, { status: answered.status, headers })
}

export const fetchHost: AdapterHost = {
  parsers: [readBefore],
  keepsSession: false,
  listener(auth, calls, parser): RequestListener {
    const origin = new URL(auth.metadata.authorizationServer.issuer).origin
    const known = endpoints(auth, calls)
    const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
      outgoing.setHeader('set-cookie', earlierCookie)
      const body = parser === readBefore ? await text(incoming) : undefined
      const request = toWebRequest(incoming, origin, incoming.url ?? '/', body)
      const { remoteAddress } = incoming.socket
      const response = await answer(auth, request, known[new URL(request.url).pathname], remoteAddress).catch(
        () => new Response('Internal Server Error', { status: 500 }),
      )
      await writeWebResponse(incoming, outgoing, response)
    }
    return (incoming, outgoing) => void serve(incoming, outgoing)
  },
}
