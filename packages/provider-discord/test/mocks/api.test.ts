import { createFakeDiscord, fakeUsers } from '@mcp-auth/provider-discord/mocks'
import { describe, expect, it } from 'vitest'
import { formRequest, get, providerFor } from '../upstream.ts'

const api = 'https://discord.com/api/v10'
const [garden] = fakeUsers.nelly.guilds
const memberPath = `/users/@me/guilds/${garden?.id}/member`

describe('the API of the fake', () => {
  it('tells whose token it is, with the user only for scope identify', async () => {
    const fake = createFakeDiscord({ now: () => 1_795_168_800.017 })
    const { access_token } = fake.issueTokens({ scopes: ['identify', 'guilds'] })
    expect(await get(fake, '/oauth2/@me', access_token)).toEqual([
      200,
      {
        application: expect.objectContaining({ id: '157730590492196864' }),
        expires: '2026-11-27T10:00:00.017000+00:00',
        scopes: ['identify', 'guilds'],
        user: expect.objectContaining({ id: fakeUsers.nelly.id, discriminator: '0' }),
      },
    ])
    const withoutUser = fake.issueTokens({ scopes: ['guilds'] })
    expect((await get(fake, '/oauth2/@me', withoutUser.access_token))[1]).not.toHaveProperty('user')
  })

  it('shows the address for scope email only, and never in /oauth2/@me', async () => {
    const fake = createFakeDiscord()
    const plain = fake.issueTokens({ scopes: ['identify'] }).access_token
    const withEmail = fake.issueTokens({ scopes: ['identify', 'email'] }).access_token
    expect((await get(fake, '/users/@me', plain))[1]).not.toHaveProperty('email')
    expect((await get(fake, '/users/@me', withEmail))[1]).toMatchObject({ email: 'nelly@example.com', verified: true })
    expect(JSON.stringify(await get(fake, '/oauth2/@me', withEmail))).not.toContain('nelly@example.com')
  })

  it('lists the servers of the user and the roles in one of them', async () => {
    const fake = createFakeDiscord()
    const { access_token } = fake.issueTokens({ scopes: ['guilds', 'guilds.members.read'] })
    const [status, guilds] = await get(fake, '/users/@me/guilds', access_token)
    expect(status).toBe(200)
    expect(guilds).toMatchObject([{ id: garden?.id, permissions: '36953089' }, { owner: true }])
    expect(JSON.stringify(guilds)).not.toContain('roles')
    expect(await get(fake, memberPath, access_token)).toMatchObject([200, { roles: garden?.roles, nick: 'Nel' }])
    expect(await get(fake, '/users/@me/guilds/1/member', access_token)).toMatchObject([404, { code: 10004 }])
  })

  it('tells the end of a time-out to the member', async () => {
    const end = '2026-11-21T13:00:00.000000+00:00'
    const guilds = fakeUsers.nelly.guilds.map((guild) => ({ ...guild, communication_disabled_until: end }))
    const fake = createFakeDiscord({ users: [{ ...fakeUsers.nelly, guilds }, fakeUsers.wumpus] })
    const { access_token } = fake.issueTokens({ scopes: ['guilds.members.read'] })
    expect(await get(fake, memberPath, access_token)).toMatchObject([200, { communication_disabled_until: end }])
    fake.users.set(fakeUsers.nelly.id, fakeUsers.nelly)
    expect(await get(fake, memberPath, access_token)).toMatchObject([200, { communication_disabled_until: null }])
  })

  it('C11: follows a user who leaves a server, and one who leaves Discord', async () => {
    const fake = createFakeDiscord()
    const { access_token, refresh_token } = fake.issueTokens({ scopes: ['identify', 'guilds.members.read'] })
    fake.users.set(fakeUsers.nelly.id, { ...fakeUsers.nelly, guilds: [] })
    expect(await get(fake, memberPath, access_token)).toMatchObject([404, { code: 10004 }])
    fake.users.delete(fakeUsers.nelly.id)
    expect(await get(fake, '/users/@me', access_token)).toMatchObject([401, {}])
    const provider = providerFor(fake)
    const form = { grant_type: 'refresh_token', refresh_token }
    expect((await fake.fetch(formRequest(provider.tokenEndpoint, provider, form))).status).toBe(400)
  })

  it.each([
    ['/users/@me', ['guilds']],
    ['/users/@me/guilds', ['identify', 'guilds.members.read']],
    [memberPath, ['identify', 'guilds']],
  ])('answers %s for a token with scopes %s with 401', async (path, scopes) => {
    const fake = createFakeDiscord()
    const { access_token } = fake.issueTokens({ scopes })
    expect(await get(fake, path, access_token)).toEqual([401, { message: '401: Unauthorized', code: 0 }])
  })

  it('refuses unknown tokens, refresh tokens and bots', async () => {
    const fake = createFakeDiscord()
    const { access_token, refresh_token } = fake.issueTokens()
    expect(await get(fake, '/oauth2/@me', 'unknown')).toMatchObject([401, {}])
    expect(await get(fake, '/oauth2/@me', refresh_token)).toMatchObject([401, {}])
    expect(await get(fake, '/oauth2/@me', access_token, { Authorization: `Bot ${access_token}` })).toMatchObject([
      401,
      {},
    ])
    expect(await get(fake, '/oauth2/@me', access_token)).toMatchObject([200, {}])
    fake.dropAccessTokens()
    expect(await get(fake, '/oauth2/@me', access_token)).toMatchObject([401, {}])
  })

  it('blocks programs that do not introduce themselves, at the token endpoint too', async () => {
    const fake = createFakeDiscord()
    const provider = providerFor(fake)
    const { access_token } = fake.issueTokens()
    const blocked = { message: 'internal network error', code: 40333 }
    expect(await get(fake, '/users/@me', access_token, { 'User-Agent': 'node' })).toEqual([403, blocked])
    const request = formRequest(provider.tokenEndpoint, provider, {}, { 'User-Agent': 'my-server/1.0' })
    expect(await (await fake.fetch(request)).json()).toEqual(blocked)
  })

  it('knows no other path and no other method', async () => {
    const fake = createFakeDiscord()
    expect(await get(fake, '/channels/1', 'token')).toMatchObject([404, {}])
    const request = new Request(`${api}/users/@me`, { method: 'DELETE', headers: { ...providerFor(fake).headers } })
    expect((await fake.fetch(request)).status).toBe(405)
    expect(fake.requests.map(({ endpoint }) => endpoint)).toEqual(['unknown', 'currentUser'])
  })

  it('publishes metadata with the addresses of the host that was asked', async () => {
    const response = await createFakeDiscord().fetch(
      new Request('http://127.0.0.1:8001/.well-known/oauth-authorization-server'),
    )
    expect(await response.json()).toMatchObject({
      issuer: 'https://discord.com',
      token_endpoint: 'http://127.0.0.1:8001/api/oauth2/token',
    })
  })
})

describe('the log of the fake', () => {
  it('has method, path, query, form, headers and body of every request', async () => {
    const fake = createFakeDiscord()
    const provider = providerFor(fake)
    await fake.fetch(
      formRequest(`${provider.tokenEndpoint}?a=1`, provider, { grant_type: 'refresh_token', refresh_token: 'x' }),
    )
    expect(fake.requests).toMatchObject([
      {
        endpoint: 'refresh',
        method: 'POST',
        path: '/api/v10/oauth2/token',
        query: { a: '1' },
        form: { grant_type: 'refresh_token', refresh_token: 'x' },
        headers: { authorization: expect.stringMatching(/^Basic /), 'user-agent': provider.headers?.['User-Agent'] },
        body: 'grant_type=refresh_token&refresh_token=x',
      },
    ])
  })

  it('stays empty where nothing shall be kept', async () => {
    const fake = createFakeDiscord({ record: false })
    await get(fake, '/users/@me', fake.issueTokens().access_token)
    expect([fake.requests, fake.secrets]).toEqual([[], []])
  })
})
