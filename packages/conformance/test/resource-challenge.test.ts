import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outcome, visible } from './support/answers.ts'
import { send } from './support/browser.ts'
import { callMCP, login } from './support/client.ts'
import { startTestServer, type TestServer } from './support/server.ts'

let server: TestServer
let token: string
beforeAll(async () => {
  server = await startTestServer({ discordScopes: ['identify', 'guilds'] })
  token = (await login(server)).access_token
})
afterAll(async () => await server.close())

/** The parameters of a challenge, each of which may appear once. */
function challengeOf(headers: Headers): Record<string, string> {
  const challenge = headers.get('www-authenticate') ?? ''
  expect(challenge).toMatch(
    /^Bearer (?:[a-z_]+="[\x20\x21\x23-\x5b\x5d-\x7e]*")(?:, [a-z_]+="[\x20\x21\x23-\x5b\x5d-\x7e]*")*$/,
  )
  const pairs = [...challenge.matchAll(/([a-z_]+)="([^"]*)"/g)].map(
    ([, name = '', value = '']) => [name, value] as const,
  )
  expect(new Set(pairs.map(([name]) => name)).size).toBe(pairs.length)
  return Object.fromEntries(pairs)
}

const withAuthorization = async (...values: string[]) =>
  await callMCP(server, undefined, { headers: { authorization: values } })

it('A028 A029 A030 answers a call without a token with 401, the metadata URL, the base scopes and no error', async () => {
  const answer = await callMCP(server)
  expect(answer.status).toBe(401)
  expect(challengeOf(answer.headers)).toEqual({
    scope: 'identify guilds',
    resource_metadata: `${server.origin}/.well-known/oauth-protected-resource/mcp`,
  })
  expect(answer.json()).toEqual({ error_description: 'An access token is required' })
  expect(answer.headers.get('cache-control')).toBe('no-store')
})

it('A028 names a URL at which the metadata of this very resource is', async () => {
  const { resource_metadata: url = '' } = challengeOf((await callMCP(server)).headers)
  const document = await send(url)
  expect([document.status, document.json()['resource']]).toEqual([200, server.mcpURL])
})

it('A028 A029 gives the same challenge to every call without a token, whatever the method', async () => {
  const seen = new Set<string | null>()
  for (const method of ['GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'HEAD', 'OPTIONS']) {
    const answer = await callMCP(server, undefined, { method })
    expect([method, answer.status]).toEqual([method, 401])
    seen.add(answer.headers.get('www-authenticate'))
  }
  expect(seen.size).toBe(1)
})

it.each([
  ['garbage', 'garbage'],
  ['three parts', 'a.b.c'],
  ['a JWT of somebody else', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.AAAA'],
  ['a token of one character', '~'],
  ['a very long token', 'a'.repeat(12_000)],
])('A031 answers %s with 401 and error="invalid_token"', async (_case, garbage) => {
  const answer = await callMCP(server, garbage)
  expect(outcome(answer)).toBe('401 invalid_token')
  expect(challengeOf(answer.headers)).toEqual({
    error: 'invalid_token',
    error_description: 'The access token is invalid',
    scope: 'identify guilds',
    resource_metadata: `${server.origin}/.well-known/oauth-protected-resource/mcp`,
  })
})

it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('A032 takes the scheme in any case: %s', async (scheme) => {
  expect((await withAuthorization(`${scheme} ${token}`)).status).toBe(200)
  expect((await withAuthorization(`${scheme}   ${token}  `)).status).toBe(200)
})

describe('A032 counts as no credentials:', () => {
  it.each([
    ['Basic credentials', 'Basic Y2xpZW50OnNlY3JldA=='],
    ['another scheme with the token', 'Token %s'],
    ['DPoP with the token', 'DPoP %s'],
    ['Basic with the token', 'Basic %s'],
    ['a scheme alone', 'Bearer'],
    ['a scheme and a space', 'Bearer '],
    ['the token alone', '%s'],
    ['an empty header', ''],
  ])('%s', async (_case, header) => {
    const answer = await withAuthorization(header.replace('%s', token))
    expect([400, 401]).toContain(answer.status)
    expect(challengeOf(answer.headers)['resource_metadata']).toContain('/.well-known/oauth-protected-resource')
    expect(challengeOf(answer.headers)['error'] ?? 'none').toBe(answer.status === 401 ? 'none' : 'invalid_request')
  })
})

describe('A032 refuses two credentials, whichever of them is good:', () => {
  it.each([
    ['good and bad', ['Bearer %s', 'Bearer garbage']],
    ['bad and good', ['Bearer garbage', 'Bearer %s']],
    ['good twice', ['Bearer %s', 'Bearer %s']],
    ['good and Basic', ['Bearer %s', 'Basic Y2xpZW50OnNlY3JldA==']],
    ['Basic and good', ['Basic Y2xpZW50OnNlY3JldA==', 'Bearer %s']],
    ['in one header', ['Bearer %s, Bearer %s']],
    ['in one header without a comma', ['Bearer %s %s']],
  ])('%s', async (_case, headers) => {
    const before = server.calls.length
    const answer = await withAuthorization(...headers.map((header) => header.replaceAll('%s', token)))
    expect(outcome(answer)).toBe('400 invalid_request')
    expect(challengeOf(answer.headers)['error']).toBe('invalid_request')
    expect(server.calls.length).toBe(before)
  })
})

describe('A032 B7 reflects nothing of a token into header or body:', () => {
  it.each([
    ['a quote', 'a", error="none", scope="admin-marker'],
    ['a quote after a backslash', 'a\\", error="marker'],
    ['a comma', 'a,realm="marker"'],
    ['a semicolon', 'marker;b'],
    ['letters beyond ASCII', 'm\u00e4rker\u00ff'],
    ['an escaped line break', 'marker%0d%0aSet-Cookie:%20x=1'],
    ['markup', '<script>marker</script>'],
    ['a tab', 'marker\tb'],
    ['nothing odd', 'marker'],
  ])('%s', async (_case, odd) => {
    const answer = await withAuthorization(`Bearer ${odd}`)
    expect([400, 401]).toContain(answer.status)
    expect(visible(answer)).not.toMatch(/m[a\u00e4]rker|<script|realm|set-cookie|error="none"/i)
    expect(challengeOf(answer.headers)['scope']).toBe('identify guilds')
  })
})

it('B7 drops from a challenge what RFC 6750 does not allow in it, so that a scope cannot break out of its quotes', () => {
  const answer = server.auth.insufficientScope(['read"', 'wr\\ite', 'l\u00f6schen', 'a\r\nset-cookie: x=1'])
  expect(answer.status).toBe(403)
  expect(challengeOf(answer.headers)['scope']).toBe('read write lschen aset-cookie: x=1')
  expect(answer.headers.get('set-cookie')).toBeNull()
})

describe('A019 ignores a token', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  it.each(['access_token', 'token', 'bearer_token', 'authorization'])('in the query as %s', async (name) => {
    const url = `${server.mcpURL}?${name}=${token}`
    const answer = await send(url, { method: 'POST', body: '{}' })
    expect([answer.status, challengeOf(answer.headers)['error']]).toEqual([401, undefined])
    const twice = await send(url, { method: 'POST', body: '{}', headers: { authorization: 'Bearer garbage' } })
    expect(outcome(twice)).toBe('401 invalid_token')
  })

  it.each<[string, Record<string, string>, string]>([
    ['a form', form, 'access_token=%s'],
    ['a JSON document', { 'content-type': 'application/json' }, '{"access_token":"%s"}'],
    ['a cookie', { cookie: 'access_token=%s; authorization=Bearer%20%s' }, '{}'],
    ['another header', { 'x-authorization': 'Bearer %s', 'proxy-authorization': 'Bearer %s' }, '{}'],
    ['a method override', { 'x-http-method-override': 'OPTIONS', 'access-control-request-method': 'GET' }, '{}'],
  ])('in %s', async (_case, headers, body) => {
    const fill = (value: string): string => value.replaceAll('%s', token)
    const filled = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value)]))
    const answer = await callMCP(server, undefined, { headers: filled, body: fill(body) })
    expect([answer.status, challengeOf(answer.headers)['error']]).toEqual([401, undefined])
    const twice = await callMCP(server, 'garbage', { headers: filled, body: fill(body) })
    expect(outcome(twice)).toBe('401 invalid_token')
  })

  it('in the query when a good one is in the header: that one counts', async () => {
    const answer = await send(`${server.mcpURL}?access_token=garbage`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    })
    expect([answer.status, answer.json()['subject']]).toEqual([200, '80351110224678912'])
  })
})
