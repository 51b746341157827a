import { describe, expect, it } from 'vitest'
import { UpstreamError } from '../../src/errors.ts'
import { type OAuth2Options, oauth2 } from '../../src/index.ts'
import type { FakeIdP, FakeIdPProfile } from '../../src/mocks/index.ts'
import { misconfiguration } from '../support/refusal.ts'
import { createLab, depart, type LabOptions, outcomeOf, readJSON, refresh, signIn } from './support/lab.ts'

const good: OAuth2Options = {
  authorizationEndpoint: 'https://idp.example/authorize',
  tokenEndpoint: 'https://idp.example/token',
  revocationEndpoint: 'https://idp.example/revoke',
  userinfo: { url: 'https://idp.example/userinfo', subject: 'sub', username: 'preferred_username' },
  clientId: 'id',
  clientSecret: 'secret',
  scopes: ['read', 'write'],
}

/** A server without OpenID. */
const profile: FakeIdPProfile = { wellKnown: [], issuesIDToken: () => false, settings: { issuer: 'absent' } }

function labFor(over: Partial<OAuth2Options> = {}, options: LabOptions = {}) {
  const provider = ({ clientId, clientSecret }: FakeIdP) => oauth2({ ...good, clientId, clientSecret, ...over })
  return createLab({ ...options, profile: { ...profile, ...options.profile }, provider })
}

describe('a sign-in with an OAuth 2 server', () => {
  it('asks userinfo who the user is', async () => {
    const lab = labFor()
    const { accessToken, scopes } = await signIn(lab)
    const { identity } = await lab.auth.verifyAccessToken(accessToken)
    expect(identity).toMatchObject({ subject: 'user-nelly', username: 'nelly', claims: { email: 'nelly@example.com' } })
    expect(scopes).toEqual(['read', 'write'])
    expect(lab.fake.requests.map(({ endpoint }) => endpoint)).toEqual(['authorize', 'token', 'userinfo'])
  })

  it('sends no nonce and nothing of OpenID', async () => {
    const { location } = await depart(labFor({ identityScopes: ['user'] }))
    expect(location.searchParams.has('nonce')).toBe(false)
    expect(location.searchParams.get('scope')).toBe('user read write')
  })

  it.each([
    [',', 'user,read,write'],
    [' ', 'user read write'],
    [undefined, 'user read write'],
  ] as const)('joins scopes by %j', async (scopeSeparator, expected) => {
    const { location } = await depart(labFor({ identityScopes: ['user'], scopeSeparator }))
    expect(location.searchParams.get('scope')).toBe(expected)
  })

  it('leaves to the standard verdict what its own has no words for', () => {
    const own = oauth2({
      ...good,
      classifyError: ({ status }) => (status === 418 ? { kind: 'access_denied' } : undefined),
    })
    const verdict = (status: number, body: unknown) => own.classifyError({ status, body, headers: new Headers() }).kind
    expect(verdict(418, undefined)).toBe('access_denied')
    expect(verdict(400, { error: 'invalid_grant' })).toBe('invalid_grant')
    expect(verdict(503, undefined)).toBe('unavailable')
  })

  it('refuses another separator', () => {
    // @ts-expect-error such as a JavaScript caller may give
    expect(() => oauth2({ ...good, scopeSeparator: ';' })).toThrow(misconfiguration('scopeSeparator'))
  })

  it.each([
    ['text', { sub: 'a-1' }, 'sub', 'a-1'],
    ['a number', { id: 583_231 }, 'id', '583231'],
    ['a member deep inside', { data: { id: 7 } }, 'data.id', '7'],
    ['a member with dots in its name', { 'https://idp.example/id': 'x', https: 'y' }, 'https://idp.example/id', 'x'],
  ])('takes %s as the subject', async (_name, answer, subject, expected) => {
    const lab = labFor({ userinfo: { url: 'https://idp.example/userinfo', subject } })
    lab.fake.fail('userinfo', () => Response.json(answer))
    const { accessToken } = await signIn(lab)
    expect((await lab.auth.verifyAccessToken(accessToken)).subject).toBe(expected)
  })

  it.each<readonly [string, unknown]>([
    ['none', { login: 'nelly', email: 'nelly@example.com' }],
    ['an empty one', { id: '' }],
    ['null', { id: null }],
    ['a number that JavaScript has rounded', { id: 2 ** 60 }],
    ['a fraction', { id: 1.5 }],
    ['an object', { id: { value: 1 } }],
    ['a list of users', [{ id: 1 }]],
    ['text in place of an object', 'nelly'],
  ])('refuses a user whose subject is %s, and takes nothing else in its place', async (_name, answer) => {
    const userinfo = { url: 'https://idp.example/userinfo', subject: 'id', username: 'login' }
    const lab = labFor({ userinfo })
    lab.fake.fail('userinfo', () => Response.json(answer))
    expect(await outcomeOf(lab)).toBe('server_error')
  })

  it('keeps of the answer what it is told to keep', async () => {
    const lab = labFor({
      userinfo: {
        ...good.userinfo,
        url: 'https://idp.example/userinfo',
        subject: 'sub',
        mapClaims: ({ name }) => ({ name }),
      },
    })
    const { accessToken } = await signIn(lab)
    expect((await lab.auth.verifyAccessToken(accessToken)).identity.claims).toEqual({ name: 'Nelly Example' })
  })

  it('A015 lets a function of your own decide, which may refuse tokens of another application', async () => {
    const api: FakeIdPProfile['api'] = {
      tokenInfo: {
        path: '/token-info',
        answer: ({ state, user }) => ({
          application: state.settings.foreignApplication ? 'another' : state.clientId,
          user: user?.subject,
        }),
      },
    }
    const identify: OAuth2Options['identify'] = async ({ accessToken }, api) => {
      const { application, user } = Object(await api.getJSON('https://idp.example/token-info', accessToken))
      if (application !== 'fake-client-id') throw new UpstreamError('invalid_token')
      return { subject: String(user), claims: {} }
    }
    const over = { identify, userinfo: undefined }
    expect(await outcomeOf(labFor(over, { profile: { api } }))).toBe('code')
    expect(await outcomeOf(labFor(over, { profile: { api }, settings: { foreignApplication: true } }))).toBe(
      'server_error',
    )
  })

  it('writes and reads scopes as the server does', async () => {
    const lab = labFor({
      toUpstreamScope: (scope) => `https://idp.example/scopes/${scope}`,
      fromUpstreamScope: (scope) => scope.split('/').at(-1) ?? '',
    })
    expect((await signIn(lab, ['read'])).scopes).toEqual(['read'])
    expect(lab.fake.requestsTo('authorize')[0]?.query['scope']).toBe('https://idp.example/scopes/read')
  })

  it('takes every requested scope where the server’s word means nothing', async () => {
    const lab = labFor({ readGrantedScopes: () => undefined }, { profile: { writeScopes: () => 'all' } })
    expect((await signIn(lab)).scopes).toEqual(['read', 'write'])
  })

  it('sends the extra parameters on refresh, and headers always', async () => {
    const lab = labFor(
      { tokenParameters: { version: '2' }, headers: { 'User-Agent': 'mcp-test' } },
      { settings: { expiresIn: 600 } },
    )
    const tokens = await signIn(lab)
    lab.clock.advance(700)
    expect(await refresh(lab, tokens)).not.toBeInstanceOf(Response)
    expect(lab.fake.requestsTo('refresh')[0]?.form).toMatchObject({ version: '2' })
    const calls = lab.fake.requests.filter(({ endpoint }) => endpoint !== 'authorize')
    expect(calls.map(({ headers }) => headers['user-agent'])).toEqual(calls.map(() => 'mcp-test'))
  })

  it('C11 ends when the user is gone, and D9 stays during an outage', async () => {
    const lab = labFor({}, { settings: { expiresIn: 600 } })
    const tokens = await signIn(lab)
    lab.clock.advance(700)
    lab.fake.fail('refresh', '503', 1)
    const outage = await refresh(lab, tokens)
    expect(outage instanceof Response && outage.status).toBe(503)
    lab.fake.users.delete('user-nelly')
    const gone = await refresh(lab, tokens)
    expect(gone instanceof Response && (await readJSON(gone))['error']).toBe('invalid_grant')
  })

  it.each([
    ['right', {}, 'code'],
    ['absent', {}, 'code'],
    ['wrong', {}, '400'],
    ['absent', { requireIssuer: true }, '400'],
  ] as const)('B5 compares the issuer of the response where it knows one: %s %o', async (issuer, over, expected) => {
    expect(await outcomeOf(labFor({ issuer: 'https://idp.example', ...over }, { settings: { issuer } }))).toBe(expected)
  })
})

describe('options of oauth2 that cannot work', () => {
  it.each<readonly [string, object, string, string]>([
    ['an http endpoint', { tokenEndpoint: 'http://idp.example/token' }, 'tokenEndpoint', 'https'],
    ['a relative endpoint', { authorizationEndpoint: '/authorize' }, 'authorizationEndpoint', 'absolute'],
    [
      'an endpoint with a fragment',
      { authorizationEndpoint: 'https://idp.example/#a' },
      'authorizationEndpoint',
      'fragment',
    ],
    ['an http revocation endpoint', { revocationEndpoint: 'http://idp.example/revoke' }, 'revocationEndpoint', 'https'],
    ['no scopes', { scopes: undefined }, 'scopes', 'list'],
    ['an empty list of scopes', { scopes: [] }, 'scopes', 'at least one'],
    ['scopes with commas in between', { scopes: ['read write'] }, 'scopes', 'by itself'],
    ['a wrong identity scope', { identityScopes: ['a b'] }, 'identityScopes', 'by itself'],
    ['nothing that says who the user is', { userinfo: undefined }, 'identify', 'userinfo'],
    ['two that say who the user is', { identify: async () => ({ subject: 'a', claims: {} }) }, 'identify', 'exclude'],
    ['userinfo over http', { userinfo: { url: 'http://idp.example/me', subject: 'id' } }, 'userinfo.url', 'https'],
    [
      'userinfo without a subject',
      { userinfo: { url: 'https://idp.example/me' } },
      'userinfo.subject',
      'never changes',
    ],
    ['an issuer that is required but not known', { requireIssuer: true }, 'requireIssuer', 'issuer'],
    ['an identify that is no function', { identify: {}, userinfo: undefined }, 'identify', 'function'],
    ['no client id', { clientId: '' }, 'clientId', 'client id'],
    ['a parameter of the protocol', { tokenParameters: { grant_type: 'x' } }, 'tokenParameters', 'grant_type'],
  ])('are refused at the start: %s', (_name, over, option, message) => {
    expect(() => oauth2({ ...good, ...over })).toThrow(misconfiguration(option, message))
  })
})
