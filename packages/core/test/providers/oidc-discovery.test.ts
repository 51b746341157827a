import { setupServer } from 'msw/node'
import { afterEach, describe, expect, it } from 'vitest'
import { createFakeIdP, idpHandlers } from '../../src/mocks/index.ts'
import { createOAuthProxy } from '../../src/oauth-proxy.ts'
import { createMemoryStore } from '../../src/stores/memory-store.ts'
import { createClock } from '../support/clock.ts'
import { misconfiguration } from '../support/refusal.ts'
import {
  baseUrl,
  comeBack,
  createLab,
  depart,
  type Lab,
  oidcFor,
  outcome,
  outcomeOf,
  secret,
  signIn,
  visit,
} from './support/lab.ts'

/** Metadata with changes; `undefined` takes a member away. */
const metadataWith = (changes: Readonly<Record<string, unknown>>) => ({
  profile: { metadata: (document: Readonly<Record<string, unknown>>) => ({ ...document, ...changes }) },
})

/** What the approval on the consent page comes to. */
async function approval(lab: Lab): Promise<string> {
  return await depart(lab).then(
    () => 'redirect',
    (error: Error) => /approval: (\d+)/.exec(error.message)?.[1] ?? error.message,
  )
}

describe('the metadata of an OpenID Provider', () => {
  it.each([
    'https://idp.example',
    'https://idp.example/',
    'https://idp.example/tenant',
    'https://idp.example/tenant/',
    'http://localhost:9000/realm',
  ])('are found for the issuer %s', async (issuer) => {
    const lab = createLab({ issuer })
    await expect(lab.auth.checkProvider()).resolves.toBeUndefined()
    expect(await outcomeOf(lab)).toBe('code')
  })

  it('are found where only OpenID Connect has them', async () => {
    const lab = createLab({ issuer: 'https://idp.example/pool', profile: { wellKnown: ['openid-configuration'] } })
    expect(await outcomeOf(lab)).toBe('code')
  })

  it.each(['https://evil.example', 'https://idp.example/', 'https://IDP.example', 'http://idp.example'])(
    'D2 are refused at start, and while serving, when they are those of %s',
    async (issuer) => {
      const lab = createLab(metadataWith({ issuer }))
      await expect(lab.auth.checkProvider()).rejects.toThrow(misconfiguration('provider', 'issuer'))
      expect(await approval(lab)).toBe('503')
      expect(lab.fake.requestsTo('authorize')).toHaveLength(0)
    },
  )

  it.each(['authorization_endpoint', 'token_endpoint', 'jwks_uri'])('are refused at start without %s', async (name) => {
    const lab = createLab(metadataWith({ [name]: undefined }))
    await expect(lab.auth.checkProvider()).rejects.toThrow(misconfiguration('issuer', name))
    expect(await approval(lab)).toBe('503')
  })

  it('are refused without a userinfo endpoint only where userinfo is needed', async () => {
    const without = metadataWith({ userinfo_endpoint: undefined })
    const needing = createLab({ ...without, oidc: { userinfo: true } })
    await expect(needing.auth.checkProvider()).rejects.toThrow(misconfiguration('issuer', 'userinfo_endpoint'))
    expect(await outcomeOf(createLab(without))).toBe('code')
  })

  it('A097 D9 stop nothing at start while they cannot be had, are an outage meanwhile, and come back by themselves', async () => {
    const lab = createLab()
    lab.fake.fail('metadata', '503')
    await expect(lab.auth.checkProvider()).resolves.toBeUndefined()
    expect(await approval(lab)).toBe('503')
    lab.fake.recover()
    lab.clock.advance(6)
    expect(await outcomeOf(lab)).toBe('code')
  })

  it('A097 leave a returning user with a page to load again when another process cannot have them', async () => {
    const store = createMemoryStore({ now: () => 1_700_000_000 })
    const lab = createLab({ proxy: { store } })
    const departure = await depart(lab)
    const back = await visit(lab, departure.location)
    const twin: Lab = {
      ...lab,
      auth: createOAuthProxy({
        baseUrl,
        secret,
        store,
        provider: oidcFor(lab.fake),
        now: lab.clock.now,
        fetch: async (url, init) => await lab.fake.fetch(new Request(url, init)),
      }),
    }
    lab.fake.fail('metadata', '503')
    expect(outcome(await comeBack(twin, departure, back))).toBe('503')
    lab.fake.recover()
    lab.clock.advance(6)
    expect(outcome(await comeBack(twin, departure, back))).toBe('code')
  })

  it('serve on while the provider is down, once they are known', async () => {
    const lab = createLab()
    await signIn(lab)
    lab.fake.fail('metadata', '503')
    lab.clock.advance(7200)
    expect(await outcomeOf(lab)).toBe('code')
  })

  it('are not asked for when the endpoints are given', async () => {
    const at = 'https://idp.example'
    const endpoints = { authorizationEndpoint: `${at}/authorize`, tokenEndpoint: `${at}/token`, jwksURI: `${at}/jwks` }
    const lab = createLab({ oidc: { endpoints } })
    await lab.auth.checkProvider()
    expect(await outcomeOf(lab)).toBe('code')
    expect(lab.fake.requestsTo('metadata')).toHaveLength(0)
  })
})

describe('the issuer in the authorization response', () => {
  const supported = (value: unknown) => metadataWith({ authorization_response_iss_parameter_supported: value })
  it.each([
    ['right', supported(true), {}, 'code'],
    ['absent', supported(true), {}, '400'],
    ['absent', supported(false), {}, 'code'],
    ['absent', supported(undefined), {}, 'code'],
    ['absent', supported(undefined), { requireIssuer: true }, '400'],
    ['absent', supported(true), { requireIssuer: false }, 'code'],
    ['wrong', supported(true), {}, '400'],
    ['wrong', supported(undefined), { requireIssuer: false }, '400'],
  ] as const)('B5 that is %s counts as the metadata say: %o %o', async (issuer, profile, oidc, expected) => {
    const lab = createLab({ ...profile, oidc, settings: { issuer } })
    expect(await outcomeOf(lab)).toBe(expected)
    expect(lab.fake.requestsTo('token')).toHaveLength(expected === 'code' ? 1 : 0)
  })
})

describe('a sign-in at the edge of the network', () => {
  const fake = createFakeIdP({ issuer: 'https://login.idp.example/realm', now: () => 1_700_000_000 })
  const server = setupServer(...idpHandlers(fake))
  afterEach(() => server.close())

  it('uses the platform’s fetch when it is given none', async () => {
    server.listen({ onUnhandledFrame: 'error' })
    const clock = createClock()
    const auth = createOAuthProxy({ baseUrl, secret, provider: oidcFor(fake), now: clock.now })
    const lab: Lab = { fake, auth, clock, events: [] }
    const { accessToken } = await signIn(lab)
    expect((await lab.auth.verifyAccessToken(accessToken)).subject).toBe('user-nelly')
    expect(fake.requests.map(({ endpoint }) => endpoint)).toEqual(['metadata', 'authorize', 'token', 'jwks'])
  })
})
