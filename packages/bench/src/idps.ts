/** Identity providers (IdPs) to measure with, all in this process. @module */
import { type Fetch, type OAuthProxyProvider, oauth2 } from '@mcp-auth/core'
import { discord } from '@mcp-auth/provider-discord'
import { createFakeDiscord } from '@mcp-auth/provider-discord/mocks'

/** An IdP. */
export interface BenchIdP {
  readonly provider: OAuthProxyProvider
  /** Takes the place of the network. */
  readonly fetch: Fetch
  /** The user signs in. Resolves to what the callback gets besides the state. */
  signIn(authorizationURL: string): Promise<{ readonly code: string; readonly issuer?: string }>
}

/** Discord, as its mocks have it. Its access tokens live `expiresIn` seconds. */
export function fakeDiscord(now: () => number, expiresIn = 604_800): BenchIdP {
  const fake = createFakeDiscord({ now, record: false, settings: { expiresIn } })
  const { clientId, clientSecret } = fake
  return {
    provider: discord({ clientId, clientSecret }),
    fetch: async (url, init) => await fake.fetch(new Request(url, init)),
    async signIn(authorizationURL) {
      const answer = await fake.fetch(new Request(authorizationURL))
      const parameters = new URL(answer.headers.get('location') ?? '').searchParams
      return { code: parameters.get('code') ?? '', issuer: parameters.get('iss') ?? '' }
    },
  }
}

/** What {@link cannedIdP} answers with. */
export interface CannedIdPOptions {
  /** Length of access token and refresh token, each. */
  readonly tokenCharacters: number
  /** Life of access tokens, in seconds. */
  readonly expiresIn?: number
}

/** An IdP whose answers are ready before they are asked for, so that next to none of the time is its own. */
export function cannedIdP({ tokenCharacters, expiresIn = 86_400 }: CannedIdPOptions): BenchIdP {
  const token = (letter: string): string => letter.repeat(tokenCharacters)
  let round = 0
  const tokens = (): string => {
    round += 1
    const mark = `${round}`.padStart(8, '0')
    return JSON.stringify({
      access_token: mark + token('a').slice(mark.length),
      refresh_token: mark + token('r').slice(mark.length),
      token_type: 'Bearer',
      expires_in: expiresIn,
    })
  }
  const user = JSON.stringify({ id: '4711', login: 'nelly' })
  const headers = { 'content-type': 'application/json' }
  return {
    provider: oauth2({
      authorizationEndpoint: 'https://idp.example/authorize',
      tokenEndpoint: 'https://idp.example/token',
      userinfo: { url: 'https://idp.example/me', subject: 'id', username: 'login' },
      clientId: 'bench',
      clientSecret: 'bench-secret',
      scopes: ['profile'],
    }),
    fetch: async (url) => new Response(url.endsWith('/token') ? tokens() : user, { headers }),
    signIn: async () => ({ code: 'code' }),
  }
}
