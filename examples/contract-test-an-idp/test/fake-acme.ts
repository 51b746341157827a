/** An Acme ID with a memory, behind msw: as much of it as the provider uses. @module */
import type { IdPFake } from '@mcp-auth/testing/idp-contract'
import { HttpResponse, http, type RequestHandler } from 'msw'

interface Account {
  readonly id: number
  readonly handle: string
}

interface Grant {
  readonly user: string
  readonly scopes: readonly string[]
  readonly expiresAt: number
}

/** The fake: controls for the contract, and handlers for msw. */
export interface FakeAcme extends IdPFake {
  readonly handlers: RequestHandler[]
}

/** Errors come with status 200, and with a text for developers. */
const refuse = (error: string): Response => HttpResponse.json({ error, hint: 'see https://dev.acme.example/errors' })

/** Creates an Acme ID with two accounts. `now` in seconds since the epoch. */
export function createFakeAcme(now: () => number): FakeAcme {
  const clientId = 'acme-app-1'
  const clientSecret = 'acme-secret-of-app-1'
  const users = new Map<string, Account>([
    ['nelly', { id: 1001, handle: 'nelly' }],
    ['wumpus', { id: 1002, handle: 'wumpus' }],
  ])
  const settings = {
    user: 'nelly',
    deny: false,
    expiresIn: 3600,
    foreignApplication: false,
    withheldScopes: [] as readonly string[],
  }
  const codes = new Map<string, { grant: Grant; challenge: string | null; redirectUri: string | null }>()
  const accessTokens = new Map<string, Grant>()
  const refreshTokens = new Map<string, Grant>()

  const issue = (grant: Grant, refreshToken: string): Response => {
    const accessToken = `at_${crypto.randomUUID()}`
    accessTokens.set(accessToken, { ...grant, expiresAt: now() + settings.expiresIn })
    refreshTokens.set(refreshToken, grant)
    return HttpResponse.json({
      access_token: accessToken,
      refresh_token: refreshToken,
      token_type: 'bearer',
      expires_in: settings.expiresIn,
      // Separated by commas.
      scope: grant.scopes.join(','),
    })
  }

  const authorize = ({ request }: { request: Request }): Response => {
    const query = new URL(request.url).searchParams
    if (query.get('client_id') !== clientId) return new Response('unknown application', { status: 400 })
    const location = new URL(query.get('redirect_uri') ?? '')
    location.searchParams.set('state', query.get('state') ?? '')
    if (settings.deny) {
      location.searchParams.set('error', 'access_denied')
    } else {
      const code = `code_${crypto.randomUUID()}`
      const asked = (query.get('scope') ?? '').split(' ')
      const scopes = asked.filter((scope) => !settings.withheldScopes.includes(scope))
      const grant = { user: settings.user, scopes, expiresAt: now() + 60 }
      codes.set(code, { grant, challenge: query.get('code_challenge'), redirectUri: query.get('redirect_uri') })
      location.searchParams.set('code', code)
    }
    return new Response(null, { status: 302, headers: { location: location.href } })
  }

  const token = async ({ request }: { request: Request }): Promise<Response> => {
    const form = new URLSearchParams(await request.text())
    if (form.get('client_id') !== clientId || form.get('client_secret') !== clientSecret) return refuse('unknown_app')
    if (form.get('grant_type') === 'refresh_token') {
      const refreshToken = form.get('refresh_token') ?? ''
      const grant = refreshTokens.get(refreshToken)
      // A refresh token stays the same for as long as it is used.
      return grant ? issue(grant, refreshToken) : refuse('unknown_refresh_token')
    }
    const code = form.get('code') ?? ''
    const known = codes.get(code)
    codes.delete(code)
    const isGood =
      known !== undefined &&
      known.grant.expiresAt > now() &&
      known.redirectUri === form.get('redirect_uri') &&
      known.challenge === (await challengeOf(form.get('code_verifier') ?? ''))
    return isGood ? issue(known.grant, `rt_${crypto.randomUUID()}`) : refuse('unknown_code')
  }

  const whoami = ({ request }: { request: Request }): Response => {
    const grant = accessTokens.get(request.headers.get('authorization')?.replace(/^Bearer /, '') ?? '')
    if (!grant || grant.expiresAt <= now() || !grant.scopes.includes('account')) return refuse('unknown_token')
    const app = settings.foreignApplication ? 'acme-app-2' : clientId
    return HttpResponse.json({ app, account: users.get(grant.user) })
  }

  const revoke = async ({ request }: { request: Request }): Promise<Response> => {
    refreshTokens.delete(new URLSearchParams(await request.text()).get('token') ?? '')
    return HttpResponse.json({})
  }

  return {
    clientId,
    clientSecret,
    users,
    settings,
    dropAccessTokens: () => accessTokens.clear(),
    dropRefreshTokens: () => refreshTokens.clear(),
    handlers: [
      http.get('https://id.acme.example/authorize', authorize),
      http.post('https://id.acme.example/token', token),
      http.get('https://id.acme.example/v2/whoami', whoami),
      http.post('https://id.acme.example/revoke', revoke),
    ],
  }
}

/** `S256` of RFC 7636. */
async function challengeOf(verifier: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)))
  return btoa(String.fromCharCode(...digest))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
