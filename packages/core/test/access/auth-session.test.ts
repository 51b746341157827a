import { describe, expect, it } from 'vitest'
import { findAuthSession, getAuthSession, sessionOwner } from '../../src/access/auth-session.ts'
import { anonymousSession, toSession } from '../../src/handlers/sessions.ts'
import { createOAuthProxy } from '../../src/oauth-proxy.ts'
import { createClock } from '../support/clock.ts'
import { testProvider } from '../support/provider.ts'
import { aliceSession, description, verified } from './sessions.ts'

const session = aliceSession()

/** What handlers are given, in every framework and SDK. */
const sources: readonly (readonly [string, unknown])[] = [
  ['a session', session],
  ['the extra of the SDK v1', { authInfo: session, requestId: 1, signal: new AbortController().signal }],
  ['the context of the SDK v2', { mcpReq: { id: 1 }, http: { authInfo: session, req: {} } }],
  ['an Express request', Object.assign(Object.create({ method: 'POST' }), { auth: session, url: '/mcp' })],
  ['an object that holds a session', { session }],
  ['a request whose cookie session is something else', { session: { cookie: {} }, auth: session }],
  ['an object with a null in an earlier place', { auth: null, authInfo: session }],
]

it.each(sources)('finds the session in %s', (_name, source) => {
  expect(getAuthSession(source)).toBe(session)
  expect(findAuthSession(source)).toBe(session)
})

it.each([
  ['nothing', undefined],
  ['null', null],
  ['text', 'session'],
  ['an empty object', {}],
  ['the context of a call without HTTP', { mcpReq: { id: 1 }, http: undefined }],
  ['an AuthInfo that is not ours', { authInfo: { token: 't', clientId: 'c', scopes: [] } }],
  ['a list', [session]],
])('says what to do about %s', (_name, source) => {
  expect(findAuthSession(source)).toBeUndefined()
  expect(() => getAuthSession(source)).toThrow(
    new TypeError('there is no auth session: put requireBearerAuth(auth) in front of what serves this request'),
  )
})

it('says that nobody is signed in, and who could see to it', () => {
  const anonymous = anonymousSession(description)
  expect(findAuthSession({ authInfo: anonymous })).toBe(anonymous)
  expect(() => getAuthSession({ authInfo: anonymous })).toThrow(
    new TypeError('nobody is signed in: the session is anonymous; require a login with requireAuth'),
  )
})

it.each([1000, 1001])('refuses a session that has ended: at second %i', (now) => {
  expect(getAuthSession(session, { now: 999 })).toBe(session)
  expect(() => getAuthSession(session, { now })).toThrow(
    new TypeError('the auth session has ended: its access token expired at 1000 (seconds since the epoch)'),
  )
})

it('refuses a session that has ended by the clock of the gate that let it pass', async () => {
  const clock = createClock()
  const auth = createOAuthProxy({
    baseUrl: 'https://mcp.example',
    provider: testProvider,
    secret: Buffer.alloc(32, 1).toString('base64url'),
    now: clock.now,
    authenticate: async () => await Promise.resolve({ ...verified, expiresAt: clock.now() + 60 }),
  })
  const passed = await auth.authenticate(new Request('https://mcp.example/mcp', { headers: { host: 'mcp.example' } }))
  expect(getAuthSession(passed)).toBe(passed)
  clock.advance(60)
  expect(() => getAuthSession({ authInfo: passed })).toThrow('the auth session has ended')
})

it('does not give a session without an end, where it is asked for one that lasts', () => {
  expect(() => getAuthSession({ ...session, expiresAt: Number.NaN }, { now: 1 })).toThrow('the auth session has ended')
})

it('does not take what came out of JSON for a session', () => {
  const forged: unknown = JSON.parse(JSON.stringify({ ...session, getUpstreamAccessToken: 'function' }))
  expect(findAuthSession(forged)).toBeUndefined()
  expect(findAuthSession({ authInfo: forged, http: { authInfo: forged } })).toBeUndefined()
})

it('ends on objects that hold each other', () => {
  const first: Record<string, unknown> = {}
  const second: Record<string, unknown> = { http: first, auth: first, session: first }
  first['http'] = second
  first['auth'] = second
  first['authInfo'] = first
  expect(findAuthSession(first)).toBeUndefined()
  second['authInfo'] = session
  expect(findAuthSession(first)).toBe(session)
})

it('gives the tool a fresh access token of the user at the identity provider', async () => {
  const fresh = { ...session, getUpstreamAccessToken: async () => await Promise.resolve('upstream') }
  expect(await getAuthSession({ http: { authInfo: fresh } }).getUpstreamAccessToken()).toBe('upstream')
})

describe('the owner', () => {
  const owner = (over: Partial<typeof verified>): string =>
    sessionOwner(toSession({ ...verified, ...over }, 'token', description, { roles: [], forward: () => '' }))

  it('stays the same from token to token', () => {
    expect(owner({ scopes: ['other'], expiresAt: 9 })).toBe(owner({}))
  })

  it.each([
    ['user', { subject: 'bob' }],
    ['client', { clientId: 'another' }],
    ['issuer', { issuer: 'https://other.example' }],
  ])('differs for another %s', (_name, over) => {
    expect(owner(over)).not.toBe(owner({}))
  })

  it('cannot be made by moving letters from one part to the next', () => {
    expect(owner({ subject: 'a","b', clientId: 'c' })).not.toBe(owner({ subject: 'a', clientId: 'b","c' }))
    expect(owner({ subject: 'ab', clientId: 'c' })).not.toBe(owner({ subject: 'a', clientId: 'bc' }))
  })
})
