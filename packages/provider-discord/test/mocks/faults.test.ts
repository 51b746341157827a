import { createFakeDiscord, type FakeDiscordFault, leakMarker } from '@mcp-auth/provider-discord/mocks'
import { describe, expect, it } from 'vitest'
import { createGate } from '../gate.ts'
import { formRequest, get, providerFor } from '../upstream.ts'

describe('faults on demand', () => {
  it.each<readonly [FakeDiscordFault, number, string]>([
    ['400', 400, leakMarker],
    ['401', 401, '401: Unauthorized'],
    ['429', 429, leakMarker],
    ['500', 500, leakMarker],
    ['503', 503, leakMarker],
    ['html', 403, leakMarker],
    ['garbage', 200, leakMarker],
    ['empty', 200, ''],
    ['lost', 502, '502'],
    [() => new Response('teapot', { status: 418 }), 418, 'teapot'],
  ])('%s answers with its status, as often as ordered', async (fault, status, text) => {
    const fake = createFakeDiscord()
    const headers = { ...providerFor(fake).headers, Authorization: `Bearer ${fake.issueTokens().access_token}` }
    const request = (): Request => new Request(`https://discord.com/api/v10/users/@me`, { headers })
    fake.fail('currentUser', fault, 2)
    for (const _ of [1, 2]) {
      const response = await fake.fetch(request())
      expect(response.status).toBe(status)
      expect(await response.text()).toContain(text)
    }
    expect((await fake.fetch(request())).status).toBe(200)
    expect(fake.requestsTo('currentUser')).toHaveLength(3)
  })

  it.each([
    [
      'token',
      'authorization_code',
      { error: 'invalid_grant', error_description: `Invalid "code" in request. ${leakMarker}` },
    ],
    [
      'refresh',
      'refresh_token',
      { error: 'invalid_grant', error_description: `Invalid "refresh_token" in request ${leakMarker}` },
    ],
  ] as const)('tell %s from the other use of the token endpoint', async (endpoint, grant_type, body) => {
    const fake = createFakeDiscord()
    const provider = providerFor(fake)
    fake.fail(endpoint, '400')
    const request = (): Request => formRequest(provider.tokenEndpoint, provider, { grant_type })
    expect(await (await fake.fetch(request())).json()).toEqual(body)
    fake.recover()
    expect(await (await fake.fetch(request())).text()).not.toContain(leakMarker)
    fake.fail(endpoint, '401')
    expect(await (await fake.fetch(request())).json()).toMatchObject({ error: 'invalid_client' })
  })

  it('hold for every endpoint with *, except where another was ordered, until recover', async () => {
    const fake = createFakeDiscord()
    const { access_token } = fake.issueTokens()
    fake.fail('*', '500')
    fake.fail('currentUser', '503')
    expect(await get(fake, '/oauth2/@me', access_token)).toMatchObject([500, {}])
    expect(await get(fake, '/users/@me', access_token)).toMatchObject([503, {}])
    fake.recover()
    expect(await get(fake, '/oauth2/@me', access_token)).toMatchObject([200, {}])
    expect(await get(fake, '/users/@me', access_token)).toMatchObject([200, {}])
  })

  it('hang until the request is aborted, or until release lets it continue', async () => {
    const fake = createFakeDiscord()
    const { access_token } = fake.issueTokens()
    const controller = new AbortController()
    const hung = createGate()
    let left = 2
    fake.settings.latency = () => {
      left -= 1
      if (left === 0) hung.open()
    }
    fake.fail('*', 'hang', 2)
    const aborted = get(fake, '/users/@me', access_token, {}, controller.signal)
    const released = get(fake, '/users/@me', access_token)
    await hung.opened
    await Promise.resolve()
    controller.abort()
    expect((await aborted)[0]).toBe(504)
    const quick = get(fake, '/oauth2/@me', access_token)
    expect(await Promise.race([released.then(() => 'released'), quick.then(() => 'quick')])).toBe('quick')
    fake.release()
    expect(await released).toMatchObject([200, { username: 'nelly' }])
  })

  it('do not hang when the request was aborted already', async () => {
    const fake = createFakeDiscord()
    const controller = new AbortController()
    fake.settings.latency = () => controller.abort()
    fake.fail('currentUser', 'hang')
    expect((await get(fake, '/users/@me', 'token', {}, controller.signal))[0]).toBe(504)
  })

  it('wait in the latency hook after the request was logged and before it counts', async () => {
    const fake = createFakeDiscord()
    const { access_token } = fake.issueTokens()
    const gate = createGate()
    fake.settings.latency = () => gate.opened
    const pending = get(fake, '/users/@me', access_token)
    await new Promise((resolve) => setImmediate(resolve))
    expect(fake.requestsTo('currentUser')).toHaveLength(1)
    fake.dropAccessTokens()
    gate.open()
    expect(await pending).toMatchObject([401, {}])
  })
})
