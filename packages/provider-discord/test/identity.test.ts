import type { UpstreamApi } from '@mcp-auth/core'
import { createFakeDiscord, discordHandlers, fakeUsers } from '@mcp-auth/provider-discord/mocks'
import { setupServer } from 'msw/node'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { apiFor, providerFor, upstreamTokens } from './upstream.ts'

/** 2026-11-20T10:00:00Z */
const start = 1_795_168_800
let now = start
let fake = createFakeDiscord()
const server = setupServer()
beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
beforeEach(() => {
  now = start
  fake = createFakeDiscord({ now: () => now })
  server.resetHandlers(...discordHandlers(fake))
})
afterAll(() => server.close())

/** Signs a user in whose token has these scopes. */
async function identify(scopes: readonly string[], user?: string): Promise<unknown> {
  const provider = providerFor(fake)
  const tokens = fake.issueTokens({ scopes, ...(user === undefined ? {} : { user }) })
  return await provider.identify(
    upstreamTokens(tokens),
    apiFor(provider, () => now),
  )
}

describe('identify', () => {
  it('takes the id of the user as subject, and never the name', async () => {
    expect(await identify(['identify', 'guilds'])).toEqual({
      subject: '80351110224678912',
      username: 'nelly',
      claims: {
        id: '80351110224678912',
        username: 'nelly',
        global_name: 'Nelly',
        avatar: '8342729096ea3675442027381ff50dfe',
        locale: 'en-US',
      },
    })
  })

  it('adds the address and whether it is verified if scope email was granted', async () => {
    const withEmail = { claims: { email: 'nelly@example.com', verified: true } }
    expect(await identify(['identify', 'email'])).toMatchObject(withEmail)
    expect(await identify(['identify', 'email'], fakeUsers.wumpus.id)).toMatchObject({
      claims: { email: null, verified: false },
    })
  })

  it('keeps no address that Discord sends without scope email', async () => {
    server.resetHandlers(
      ...discordHandlers({
        ...fake,
        fetch: withMember((request) => fake.fetch(request), { email: 'x@example.com', verified: true }),
      }),
    )
    const identity = await identify(['identify'])
    expect(identity).toMatchObject({ subject: fakeUsers.nelly.id })
    expect(JSON.stringify(identity)).not.toContain('@example.com')
  })

  it('asks Discord twice, with the token and the User-Agent Discord insists on', async () => {
    await identify(['identify'])
    expect(fake.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/v10/oauth2/@me',
      'GET /api/v10/users/@me',
    ])
    for (const { headers } of fake.requests) {
      expect(headers['authorization']).toBe(`Bearer ${fake.secrets[0]}`)
      expect(headers['user-agent']).toMatch(/^DiscordBot \(/)
    }
  })

  it('A015, C9: refuses a token that was issued to another application, before it asks for the user', async () => {
    fake.settings.foreignApplication = true
    await expect(identify(['identify'])).rejects.toMatchObject({ name: 'UpstreamError', kind: 'invalid_token' })
    expect(fake.requestsTo('currentUser')).toEqual([])
  })

  it('refuses a token that Discord calls expired, to the second', async () => {
    const provider = providerFor(fake)
    const tokens = upstreamTokens(fake.issueTokens())
    const atEnd = apiFor(provider, () => start + 604_800)
    await expect(provider.identify(tokens, atEnd)).rejects.toMatchObject({ kind: 'invalid_token' })
    const justBefore = apiFor(provider, () => start + 604_799)
    await expect(provider.identify(tokens, justBefore)).resolves.toMatchObject({ subject: fakeUsers.nelly.id })
  })

  it('refuses a token without scope identify', async () => {
    await expect(identify(['guilds'])).rejects.toMatchObject({ kind: 'invalid_token' })
    expect(fake.requestsTo('currentUser')).toEqual([])
  })

  it('C11: refuses a token that Discord has revoked', async () => {
    const provider = providerFor(fake)
    const tokens = upstreamTokens(fake.issueTokens())
    fake.dropAccessTokens()
    const attempt = provider.identify(
      tokens,
      apiFor(provider, () => now),
    )
    await expect(attempt).rejects.toMatchObject({ kind: 'invalid_token', status: 401 })
  })

  it.each(['currentAuthorization', 'currentUser'] as const)('D9: calls an outage of %s an outage', async (endpoint) => {
    for (const fault of ['500', '503', 'html'] as const) {
      fake.fail(endpoint, fault, 1)
      await expect(identify(['identify'])).rejects.toMatchObject({ kind: 'unavailable' })
    }
    fake.fail(endpoint, '429', 1)
    await expect(identify(['identify'])).rejects.toMatchObject({ kind: 'unavailable', retryAfterSeconds: 2 })
    await expect(identify(['identify'])).resolves.toMatchObject({ subject: fakeUsers.nelly.id })
  })
})

describe('identify, when an answer is not what Discord documents', () => {
  const authorization = {
    application: { id: '157730590492196864' },
    expires: '2026-11-27T10:00:00.017000+00:00',
    scopes: ['identify'],
    user: { id: '80351110224678912' },
  }
  const user = { id: '80351110224678912', username: 'nelly' }

  async function identifyWith(first: unknown, second: unknown): Promise<unknown> {
    const answers = [first, second]
    const provider = providerFor(fake)
    const api: UpstreamApi = { ...apiFor(provider, () => start), getJSON: () => Promise.resolve(answers.shift()) }
    return await provider.identify({ accessToken: 'token' }, api)
  }

  it('does with the members it needs', async () => {
    const claims = { ...user, global_name: null, avatar: null }
    expect(await identifyWith(authorization, user)).toEqual({ subject: user.id, username: 'nelly', claims })
  })

  it.each<readonly [string, unknown, unknown]>([
    ['no object', 'hello', user],
    ['nothing', undefined, user],
    ['no application', { ...authorization, application: undefined }, user],
    ['an application whose id is a number', { ...authorization, application: { id: 157_730_590_492_196_860 } }, user],
    ['no list of scopes', { ...authorization, scopes: 'identify' }, user],
    ['no expiry', { ...authorization, expires: null }, user],
    ['an expiry that is no time', { ...authorization, expires: 'soon' }, user],
    ['no user', authorization, null],
    ['a user without id', authorization, { username: 'nelly' }],
    ['a user whose id is no number', authorization, { ...user, id: '../nelly' }],
    ['a user without name', authorization, { ...user, username: '' }],
    ['two different users', authorization, { ...user, id: '53908232506183680' }],
  ])('refuses %s as a breach of the protocol', async (_name, first, second) => {
    await expect(identifyWith(first, second)).rejects.toMatchObject({ name: 'UpstreamError', kind: 'protocol' })
  })
})

/** The fake with further members in the body of `/users/@me`. */
function withMember(answer: (request: Request) => Promise<Response>, members: object): typeof answer {
  return async (request) => {
    const response = await answer(request)
    if (!request.url.endsWith('/users/@me')) return response
    const body: object = await response.json()
    return Response.json({ ...body, ...members })
  }
}
