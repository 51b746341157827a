import { createFakeDiscord, type FakeDiscord, type FakeDiscordTokens } from '@mcp-auth/provider-discord/mocks'
import { describe, expect, it } from 'vitest'
import { authorize, formRequest, providerFor, redirectUri, verifier } from '../upstream.ts'

interface Exchange {
  readonly fake: FakeDiscord
  /** Asks the token endpoint. */
  readonly ask: (
    form: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Response>
  /** The parameters that redeem a fresh code. */
  readonly codeForm: () => Promise<Readonly<Record<string, string>>>
  /** Tokens of a fresh sign-in. */
  readonly signIn: () => Promise<FakeDiscordTokens>
  /** Whether the API takes an access token. */
  readonly accepts: (accessToken: string) => Promise<boolean>
  readonly clock: { now: number }
}

function setUp(): Exchange {
  const clock = { now: 1_795_168_800 }
  const fake = createFakeDiscord({ now: () => clock.now })
  const provider = providerFor(fake)
  const ask: Exchange['ask'] = (form, headers) =>
    fake.fetch(formRequest(provider.tokenEndpoint, provider, form, headers))
  const codeForm = async (): Promise<Readonly<Record<string, string>>> => ({
    grant_type: 'authorization_code',
    code: (await authorize(fake, provider)).get('code') ?? '',
    redirect_uri: redirectUri,
    code_verifier: verifier,
  })
  const accepts = async (accessToken: string): Promise<boolean> => {
    const headers = { ...provider.headers, Authorization: `Bearer ${accessToken}` }
    return (await fake.fetch(new Request('https://discord.com/api/v10/oauth2/@me', { headers }))).ok
  }
  const signIn = async (): Promise<FakeDiscordTokens> => await (await ask(await codeForm())).json()
  return { fake, ask, codeForm, signIn, accepts, clock }
}

const refresh = (tokens: FakeDiscordTokens): Readonly<Record<string, string>> => ({
  grant_type: 'refresh_token',
  refresh_token: tokens.refresh_token,
})

describe('the token endpoint of the fake, with a code', () => {
  it('issues tokens for the scopes that were asked for, and lists every secret', async () => {
    const { fake, signIn } = setUp()
    const tokens = await signIn()
    expect(tokens).toEqual({
      access_token: expect.stringMatching(/^\w{30}$/),
      token_type: 'Bearer',
      expires_in: 604_800,
      refresh_token: expect.stringMatching(/^\w{30}$/),
      scope: 'identify guilds',
    })
    expect(fake.secrets).toEqual([fake.requestsTo('token')[0]?.form['code'], tokens.access_token, tokens.refresh_token])
  })

  it('withholds scopes on demand', async () => {
    const { fake, signIn } = setUp()
    fake.settings.withheldScopes = ['guilds']
    expect(await signIn()).toMatchObject({ scope: 'identify' })
  })

  it('C1: takes a code once, also from two requests at the same time', async () => {
    const { ask, codeForm } = setUp()
    const form = await codeForm()
    const answers = await Promise.all([ask(form), ask(form)])
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 400])
    const late = await ask(form)
    expect(await late.json()).toEqual({ error: 'invalid_grant', error_description: 'Invalid "code" in request.' })
  })

  it('takes a code for less than 100 seconds', async () => {
    const { ask, codeForm, clock } = setUp()
    const [first, second] = [await codeForm(), await codeForm()]
    clock.now += 99
    expect((await ask(first)).status).toBe(200)
    clock.now += 1
    expect((await ask(second)).status).toBe(400)
  })

  it.each<readonly [string, Readonly<Record<string, string>>, number, Readonly<Record<string, string>>]>([
    ['another redirect URI', { redirect_uri: `${redirectUri}/` }, 400, { error: 'invalid_grant' }],
    [
      'another verifier',
      { code_verifier: verifier.replace('d', 'e') },
      400,
      { error_description: 'Invalid "code_verifier"' },
    ],
    ['a verifier that is too short', { code_verifier: 'short' }, 400, { error_description: 'Invalid "code_verifier"' }],
    ['an unknown code', { code: 'unknown' }, 400, { error: 'invalid_grant' }],
    ['another grant type', { grant_type: 'password' }, 400, { error: 'unsupported_grant_type' }],
  ])('B4, C6: refuses %s', async (_name, change, status, body) => {
    const { ask, codeForm } = setUp()
    const answer = await ask({ ...(await codeForm()), ...change })
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject(body)
  })

  it('B4: refuses a missing verifier, and a verifier for which there was no challenge', async () => {
    const { fake, ask, codeForm } = setUp()
    const { code_verifier: _, ...withoutVerifier } = await codeForm()
    expect(await (await ask(withoutVerifier)).json()).toMatchObject({ error_description: 'Missing "code_verifier"' })
    const parameters = await authorize(fake, providerFor(fake), { code_challenge: '', code_challenge_method: '' })
    const form = { ...withoutVerifier, code: parameters.get('code') ?? '', code_verifier: verifier }
    expect(await (await ask(form)).json()).toMatchObject({ error_description: 'Invalid "code_verifier"' })
  })
})

describe('the token endpoint of the fake, to callers that ask in a wrong way', () => {
  it('reads forms only, and finds no grant type in JSON', async () => {
    const { ask, codeForm } = setUp()
    const answer = await ask(await codeForm(), { 'Content-Type': 'application/json' })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toEqual({
      error: 'unsupported_grant_type',
      error_description: 'Grant type None is not supported',
    })
  })

  it('takes the credentials in the body as well', async () => {
    const { fake, codeForm } = setUp()
    const body = new URLSearchParams({
      ...(await codeForm()),
      client_id: fake.clientId,
      client_secret: fake.clientSecret,
    })
    const { headers = {}, tokenEndpoint } = providerFor(fake)
    expect((await fake.fetch(new Request(tokenEndpoint, { method: 'POST', headers, body }))).status).toBe(200)
  })

  it('refuses the credentials in both places', async () => {
    const { fake, ask, codeForm } = setUp()
    const answer = await ask({ ...(await codeForm()), client_secret: fake.clientSecret })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: 'invalid_request' })
  })

  it('refuses a repeated parameter', async () => {
    const { fake, codeForm } = setUp()
    const provider = providerFor(fake)
    const body = `${new URLSearchParams(await codeForm())}&scope=a&scope=b`
    const { headers } = formRequest(provider.tokenEndpoint, provider, {})
    expect((await fake.fetch(new Request(provider.tokenEndpoint, { method: 'POST', headers, body }))).status).toBe(400)
  })

  it.each([
    ['a wrong secret', `Basic ${btoa('157730590492196864:wrong')}`],
    ['a wrong id', `Basic ${btoa('999999999999999999:fake-discord-client-secret')}`],
    ['no secret', `Basic ${btoa('157730590492196864')}`],
    ['broken base64', 'Basic ###'],
    ['a broken escape', `Basic ${btoa('157730590492196864:%')}`],
  ])('refuses %s and leaves the code alone', async (_name, authorization) => {
    const { ask, codeForm } = setUp()
    const form = await codeForm()
    const refused = await ask(form, { Authorization: authorization })
    expect(refused.status).toBe(401)
    expect(await refused.json()).toEqual({ error: 'invalid_client' })
    expect((await ask(form)).status).toBe(200)
  })

  it('decodes both halves of the header, as RFC 6749 has them encoded', async () => {
    const fake = createFakeDiscord({ clientSecret: 'a:b%c+d e' })
    const headers = {
      ...providerFor(createFakeDiscord()).headers,
      Authorization: `Basic ${btoa(`${fake.clientId}:a%3Ab%25c%2Bd+e`)}`,
    }
    const body = new URLSearchParams(refresh(fake.issueTokens()))
    const request = new Request('https://discord.com/api/v10/oauth2/token', { method: 'POST', headers, body })
    expect((await fake.fetch(request)).status).toBe(200)
  })
})

describe('the token endpoint of the fake, with a refresh token', () => {
  it('C2: rotates: of two requests at the same time one is too late', async () => {
    const { ask, signIn } = setUp()
    const tokens = await signIn()
    const answers = await Promise.all([ask(refresh(tokens)), ask(refresh(tokens))])
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 400])
    const [winner] = answers.filter(({ ok }) => ok)
    const successor: FakeDiscordTokens = await winner?.json()
    expect((await ask(refresh(successor))).status).toBe(200)
  })

  it('answers a used token with invalid_grant, in the words of the documentation', async () => {
    const { ask, signIn } = setUp()
    const tokens = await signIn()
    await ask(refresh(tokens))
    const answer = await ask(refresh(tokens))
    expect(answer.status).toBe(400)
    expect(await answer.json()).toEqual({
      error: 'invalid_grant',
      error_description: 'Invalid "refresh_token" in request',
    })
  })

  it('keeps the scopes, and the life that is set', async () => {
    const { fake, ask, signIn, accepts, clock } = setUp()
    const tokens = await signIn()
    fake.settings.expiresIn = 60
    const successor: FakeDiscordTokens = await (await ask(refresh(tokens))).json()
    expect(successor).toMatchObject({ scope: 'identify guilds', expires_in: 60 })
    clock.now += 59
    expect(await accepts(successor.access_token)).toBe(true)
    clock.now += 1
    expect(await accepts(successor.access_token)).toBe(false)
  })

  it('loses the answer on demand, after the token was used up', async () => {
    const { fake, ask, signIn } = setUp()
    const tokens = await signIn()
    fake.fail('refresh', 'lost', 1)
    expect((await ask(refresh(tokens))).status).toBe(502)
    expect((await ask(refresh(tokens))).status).toBe(400)
  })

  it('knows the token no more after dropRefreshTokens', async () => {
    const { fake, ask, signIn, accepts } = setUp()
    const tokens = await signIn()
    fake.dropRefreshTokens()
    expect((await ask(refresh(tokens))).status).toBe(400)
    expect(await accepts(tokens.access_token)).toBe(true)
  })
})

describe('the revocation endpoint of the fake', () => {
  it.each(['access_token', 'refresh_token'] as const)('ends every token of the user with one %s', async (name) => {
    const { fake, ask, signIn, accepts } = setUp()
    const [first, second] = [await signIn(), await signIn()]
    const stranger = fake.issueTokens({ user: '53908232506183680' })
    const provider = providerFor(fake)
    const answer = await fake.fetch(formRequest(provider.revocationEndpoint ?? '', provider, { token: first[name] }))
    expect([answer.status, await answer.json()]).toEqual([200, {}])
    expect(await accepts(first.access_token)).toBe(false)
    expect(await accepts(second.access_token)).toBe(false)
    expect((await ask(refresh(second))).status).toBe(400)
    expect(await accepts(stranger.access_token)).toBe(true)
  })

  it('answers an unknown token with success and ends nothing', async () => {
    const { fake, signIn, accepts } = setUp()
    const tokens = await signIn()
    const provider = providerFor(fake)
    const answer = await fake.fetch(formRequest(provider.revocationEndpoint ?? '', provider, { token: 'unknown' }))
    expect(answer.status).toBe(200)
    expect(await accepts(tokens.access_token)).toBe(true)
  })
})
