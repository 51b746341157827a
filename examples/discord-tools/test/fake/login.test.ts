/** Login and bot API of the fake as one Discord. @module */
import { describe, expect, it } from 'vitest'
import type { FakeDiscordTools } from '../../src/fake/fake-discord-bot.ts'
import { fakeGuildIds, fakeRoleIds, fakeUserIds } from '../../src/fake/ids.ts'
import { ask, createStillFake, readAnswer } from './support.ts'

const member = `/users/@me/guilds/${fakeGuildIds.testers}/member`
const agent = 'DiscordBot (https://login.example, 1.0.0)'

/** Asks as a user whose token has every scope. */
async function askAs(fake: FakeDiscordTools, user: string, path: string): Promise<[number, unknown]> {
  const { access_token } = fake.login.issueTokens({ user, scopes: ['identify', 'guilds', 'guilds.members.read'] })
  const headers = { authorization: `Bearer ${access_token}`, 'user-agent': agent }
  return await readAnswer(await fake.fetch(new Request(`https://discord.com/api/v10${path}`, { headers })))
}

describe('the login', () => {
  it('signs a user in by a code', async () => {
    const { fake } = createStillFake({ redirectUris: ['https://mcp.example/callback'] })
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: fake.clientId,
      redirect_uri: 'https://mcp.example/callback',
      scope: 'identify',
      state: 's',
    })
    const page = await fake.fetch(new Request(`https://discord.com/oauth2/authorize?${query.toString()}`))
    const code = new URL(page.headers.get('location') ?? '').searchParams.get('code') ?? ''
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: 'https://mcp.example/callback',
      client_id: fake.clientId,
      client_secret: fake.clientSecret,
    })
    const request = new Request('https://discord.com/api/v10/oauth2/token', {
      method: 'POST',
      body,
      headers: { 'user-agent': agent },
    })
    const [status, tokens] = await readAnswer(await fake.fetch(request))
    expect([status, tokens]).toMatchObject([200, { scope: 'identify' }])
    expect(fake.secrets).toContain(code)
    expect(fake.secrets).toContain(fake.botToken)
    // The log of the bot API has nothing of the login.
    expect(fake.received).toEqual([])
  })

  it('and the bot API tell two users apart by the scheme of the token', async () => {
    const { fake } = createStillFake()
    expect(await askAs(fake, fakeUserIds.rosie, '/users/@me')).toMatchObject([200, { id: fakeUserIds.rosie }])
    expect(await ask(fake, '/users/@me')).toMatchObject([200, { id: fake.botId }])
    expect(await ask(fake, '/oauth2/@me')).toMatchObject([401, {}])
  })

  it('does not open the bot API to the token of a user', async () => {
    const { fake } = createStillFake()
    expect(await askAs(fake, fakeUserIds.clyde, `/guilds/${fakeGuildIds.testers}`)).toEqual([
      401,
      { message: '401: Unauthorized', code: 0 },
    ])
    expect(JSON.stringify(fake.received)).not.toContain(fake.login.secrets.at(-2))
  })

  it('shows a user the same roles, rights and time-outs as the bot API', async () => {
    const { fake } = createStillFake()
    const { nelly, rosie, tim, wumpus, clyde } = fakeUserIds
    expect(await askAs(fake, nelly, member)).toMatchObject([200, { roles: [fakeRoleIds.moderator], nick: 'Nel' }])
    fake.setRoles(nelly, [])
    expect(await askAs(fake, nelly, member)).toMatchObject([200, { roles: [] }])
    expect(await askAs(fake, tim, member)).toMatchObject([
      200,
      { communication_disabled_until: '2026-11-21T13:00:00.000000+00:00', permissions: '66560' },
    ])
    expect(await askAs(fake, wumpus, '/users/@me/guilds')).toEqual([200, []])
    fake.join(wumpus)
    expect(await askAs(fake, wumpus, '/users/@me/guilds')).toMatchObject([
      200,
      [{ id: fakeGuildIds.testers, owner: false }],
    ])
    expect(await askAs(fake, clyde, '/users/@me/guilds')).toMatchObject([200, [{ owner: true }]])
    fake.removeMember(rosie)
    expect(await askAs(fake, rosie, member)).toMatchObject([404, { code: 10_004 }])
  })

  it('knows a user whom a test adds, who then is a user for the bot API too', async () => {
    const { fake } = createStillFake()
    const id = '300000000000000002'
    const model = fake.login.users.get(fakeUserIds.rosie)
    if (model === undefined) throw new TypeError('no model')
    fake.login.users.set(id, { ...model, id, username: 'new' })
    fake.join(id)
    const path = `/guilds/${fakeGuildIds.testers}/members/${id}`
    expect(await ask(fake, path)).toMatchObject([200, { user: { username: 'new' } }])
    expect(await askAs(fake, id, member)).toMatchObject([200, { user: { id } }])
  })

  it('keeps nothing when nothing is to be kept', async () => {
    const { fake } = createStillFake({ keep: 0 })
    await ask(fake, '/users/@me')
    await askAs(fake, fakeUserIds.nelly, '/users/@me')
    expect([fake.received, fake.login.requests]).toEqual([[], []])
  })
})

describe('the world', () => {
  it('can be changed before the first request', async () => {
    const { fake } = createStillFake({ seed: ({ guilds }) => void guilds.delete(fakeGuildIds.testers) })
    expect(await ask(fake, `/guilds/${fakeGuildIds.testers}`)).toMatchObject([404, { code: 10_004 }])
  })

  it('does not begin before 2015', () => {
    expect(() => createStillFake({ now: () => 0 })).toThrow('before 2015')
  })
})
