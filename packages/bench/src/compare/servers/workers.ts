/** `@cloudflare/workers-oauth-provider` on Node: one Worker with both roles, its consent helpers, a map as KV namespace. @module */
import { getRequestListener } from '@hono/node-server'
import { consentPage, redirection } from '../http.ts'
import { listen, origin, resource, type StartServer, scope, tokenSeconds } from '../server.ts'
import { callByFetch, createUpstream } from '../upstream.ts'
import { createKVNamespace } from './workers-kv.ts'
import { provideWorkersModule } from './workers-module.ts'

/** Its types need those of Workers, which do not go together with Node's: this is the part we use. */
interface WorkersModule {
  readonly OAuthProvider: new (
    options: object,
  ) => {
    fetch(request: Request, env: Env, context: object): Promise<Response>
  }
}

interface AuthRequest {
  readonly clientId: string
  readonly scope: readonly string[]
}

interface Step {
  readonly request: AuthRequest
  readonly headers: Headers
}

interface Helpers {
  parseAuthRequest(request: Request): Promise<AuthRequest>
  describeConsent(request: AuthRequest): Promise<{ readonly clientName: string }>
  beginConsent(request: AuthRequest): Promise<{ readonly handle: string; readonly headers: Headers }>
  approveConsent(request: Request, handle: string): Promise<Step>
  beginUpstream(
    request: AuthRequest,
    options: { readonly data: object; readonly headers: Headers },
  ): Promise<{ readonly state: string; readonly headers: Headers }>
  finishUpstream(request: Request): Promise<Step & { readonly data: { readonly verifier: string } }>
  completeAuthorization(options: object): Promise<{ readonly redirectTo: string }>
}

interface Env {
  readonly OAUTH_KV: object
  readonly OAUTH_PROVIDER?: Helpers
}

/** Starts it. */
export const start: StartServer = async (idp) => {
  provideWorkersModule()
  const { OAuthProvider } = (await import('@cloudflare/workers-oauth-provider')) as unknown as WorkersModule
  const upstream = createUpstream(idp, callByFetch)

  const authorize = async (request: Request, oauth: Helpers): Promise<Response> => {
    const parsed = await oauth.parseAuthRequest(request)
    const { clientName } = await oauth.describeConsent(parsed)
    const { handle, headers } = await oauth.beginConsent(parsed)
    headers.set('content-type', 'text/html; charset=utf-8')
    return new Response(consentPage('/authorize', clientName, { handle }), { headers })
  }
  const approve = async (request: Request, oauth: Helpers): Promise<Response> => {
    const form = new URLSearchParams(await request.text())
    if (form.get('decision') !== 'approve') return new Response(null, { status: 400 })
    const approved = await oauth.approveConsent(request, form.get('handle') ?? '')
    // The state is made by the library: the address is built around a place for it.
    const { url, verifier } = upstream.depart('')
    const { state, headers } = await oauth.beginUpstream(approved.request, {
      data: { verifier },
      headers: approved.headers,
    })
    return redirection(
      url.replace('state=&', () => `state=${encodeURIComponent(state)}&`),
      headers,
    )
  }
  const comeBack = async (request: Request, oauth: Helpers): Promise<Response> => {
    const { request: original, data, headers } = await oauth.finishUpstream(request)
    const code = new URL(request.url).searchParams.get('code') ?? ''
    const user = await upstream.arrive(code, data.verifier)
    const { redirectTo } = await oauth.completeAuthorization({
      request: original,
      userId: user.subject,
      metadata: {},
      scope: original.scope,
      props: user,
    })
    return redirection(redirectTo, headers)
  }
  const provider = new OAuthProvider({
    apiRoute: '/mcp',
    apiHandler: {
      fetch: async (_request: Request, _env: Env, context: { readonly props: { readonly subject: string } }) =>
        Response.json({ caller: context.props.subject }),
    },
    defaultHandler: {
      async fetch(request: Request, env: Env): Promise<Response> {
        const { pathname } = new URL(request.url)
        if (pathname === '/open') return Response.json({ caller: 'anybody' })
        if (!env.OAUTH_PROVIDER) throw new Error('the library gives its helpers to handlers')
        if (pathname === '/callback') return await comeBack(request, env.OAUTH_PROVIDER)
        return await (request.method === 'POST' ? approve : authorize)(request, env.OAUTH_PROVIDER)
      },
    },
    authorizeEndpoint: '/authorize',
    tokenEndpoint: '/token',
    clientRegistrationEndpoint: '/register',
    accessTokenTTL: tokenSeconds,
    scopesSupported: [scope, 'offline_access'],
    resourceMetadata: { resource, authorization_servers: [origin] },
    // Instead of a line of log for each refusal.
    onError() {},
  })

  const env: Env = { OAUTH_KV: createKVNamespace() }
  const createContext = (): object => ({
    waitUntil: (work: Promise<unknown>) => void work,
    passThroughOnException() {},
    props: {},
  })
  return await listen(getRequestListener(async (request) => await provider.fetch(request, { ...env }, createContext())))
}
