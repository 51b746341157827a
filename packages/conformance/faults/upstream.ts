/** The identity provider: a fake Discord on a port of loopback, which notes every refresh token it is shown. @module */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { toWebRequest, writeWebResponse } from '@mcp-auth/core/node'
import { createFakeDiscord, type FakeDiscord, fakeUsers } from '@mcp-auth/provider-discord/mocks'
import { type FactOf, fingerprint, type History } from './history.ts'
import type { LeakCheck } from './leaks.ts'
import { readObject } from './requests.ts'

/** The provider, for one run. */
export interface Upstream {
  readonly fake: FakeDiscord
  readonly origin: string
  /** Variables of a server process, which is known by its address from then on. */
  variables(process: string): Readonly<Record<string, string>>
  /** A page that accepts a browser that comes back with a code. */
  readonly callbackURL: string
  stop(): Promise<void>
}

/** What the provider needs. */
export interface UpstreamOptions {
  readonly users: readonly string[]
  /** Life of its access tokens, in seconds. */
  readonly expiresIn: number
  /** Milliseconds that a request takes. */
  readonly latency: () => number
  readonly history: History
  readonly leaks: LeakCheck
}

/** What a call was about: whose tokens they are. */
interface Call {
  readonly process: string
  readonly since: number
  readonly user: string
  readonly shown: string
}

/** Starts the provider. */
export async function startUpstream(options: UpstreamOptions): Promise<Upstream> {
  const { history, leaks } = options
  const fake = createFakeDiscord({
    users: options.users.map((id) => ({ ...fakeUsers.nelly, id, username: `user${id}` })),
    settings: { expiresIn: options.expiresIn, interactive: true },
    record: false,
  })
  leaks.addSecret('the client secret at the identity provider', fake.clientSecret)
  /** Users by their codes and refresh tokens. */
  const owners = new Map<string, string>()

  const noteTokens = async (answer: Response, user: string): Promise<void> => {
    const { access_token, refresh_token } = readObject(await answer.clone().text())
    if (typeof access_token !== 'string' || typeof refresh_token !== 'string') return
    leaks.addToken(access_token)
    leaks.addToken(refresh_token)
    owners.set(refresh_token, user)
  }
  const noteRefresh = ({ process, since, user, shown }: Call, outcome: FactOf<'upstream refresh'>['outcome']): void => {
    history.note({ kind: 'upstream refresh', process, user, token: fingerprint(shown), since, outcome })
  }
  const answerAPI = async (request: Request, process: string, response: ServerResponse): Promise<Response> => {
    const form = new URLSearchParams(await request.clone().text())
    const shown = form.get('refresh_token') ?? form.get('code') ?? ''
    const call: Call = { process, since: Date.now(), user: owners.get(shown) ?? '', shown }
    await sleep(options.latency())
    // Nobody waits for it any more: a machine that is held up hears of a request when its sender has given up.
    if (response.destroyed) return new Response(null, { status: 504 })
    const answer = await fake.fetch(request)
    const isRefresh = form.get('grant_type') === 'refresh_token'
    if (answer.ok && form.has('grant_type')) await noteTokens(answer, call.user)
    if (isRefresh && answer.ok) {
      response.once('close', () => noteRefresh(call, response.writableFinished ? 'exchanged' : 'lost'))
    } else if (isRefresh) noteRefresh(call, answer.status === 400 ? 'refused' : 'unavailable')
    return answer
  }
  const answerBrowser = async (request: Request, path: string): Promise<Response> => {
    if (path === '/callback') return new Response('Done.')
    if (request.method === 'GET') return loginPage()
    const user = new URLSearchParams(await request.clone().text()).get('user') ?? ''
    const answer = await fake.fetch(request)
    const location = answer.headers.get('location')
    const code = location === null ? null : new URL(location).searchParams.get('code')
    if (code !== null) owners.set(code, user)
    return answer
  }
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const request = toWebRequest(incoming, origin, incoming.url ?? '/')
    const path = new URL(request.url).pathname
    const [, process] = /^\/([^/]+)\/api\//.exec(path) ?? []
    const isOfServer = process !== undefined
    const answer = isOfServer ? await answerAPI(request, process, outgoing) : await answerBrowser(request, path)
    await writeWebResponse(incoming, outgoing, answer)
  }

  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => outgoing.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    fake,
    origin,
    callbackURL: `${origin}/callback`,
    variables: (process) => ({
      DISCORD_API_URL: `${origin}/${process}/api/v10`,
      DISCORD_AUTHORIZE_URL: `${origin}/oauth2/authorize`,
      DISCORD_CLIENT_ID: fake.clientId,
      DISCORD_CLIENT_SECRET: fake.clientSecret,
    }),
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** The page of the fake lists all its users, who are many here. */
function loginPage(): Response {
  const page = '<form method="post"><input type="hidden" name="user" value=""><button>Authorize</button></form>'
  return new Response(page, { headers: { 'content-type': 'text/html' } })
}
