/** A064: which endpoints web pages may call, and which they never may. */
import { expect, it } from 'vitest'
import { type Answer, createBrowser, send } from './support/browser.ts'
import { authorizeURL, newClient, newPKCE, openConsent, signIn } from './support/client.ts'
import { postConsent } from './support/consent.ts'
import { knownClient, startServer } from './support/start.ts'

const origin = 'https://inspector.example'
const documents = [
  '/.well-known/oauth-authorization-server',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-protected-resource',
  '/.well-known/oauth-protected-resource/mcp',
  '/jwks',
]
const posts = ['/token', '/register', '/revoke']

it.each(documents)('A064 lets any web page read %s', async (path) => {
  const server = await startServer()
  const answer = await send(server.origin + path, { headers: { origin, 'mcp-protocol-version': '2025-11-25' } })
  expect([answer.status, ...corsOf(answer)]).toEqual([
    200,
    ['access-control-allow-origin', '*'],
    ['access-control-expose-headers', 'WWW-Authenticate, Retry-After'],
  ])
})

it.each([...documents.map((path) => [path, 'GET'] as const), ...posts.map((path) => [path, 'POST'] as const)])(
  'A064 answers the preflight for %s without asking who is there',
  async (path, method) => {
    const server = await startServer()
    const answer = await send(server.origin + path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization,content-type,mcp-protocol-version',
      },
    })
    expect([answer.status, answer.text]).toEqual([204, ''])
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(listOf(answer, 'access-control-allow-methods')).toContain(method.toLowerCase())
    const allowed = listOf(answer, 'access-control-allow-headers')
    expect(allowed).toEqual(expect.arrayContaining(['authorization', 'content-type', 'mcp-protocol-version']))
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
    expect(server.events).toEqual([])
  },
)

it('A064 lets a web page read what registration, token and revocation endpoint answer, errors included', async () => {
  const server = await startServer()
  const json = { origin, 'content-type': 'application/json' }
  const form = { origin, 'content-type': 'application/x-www-form-urlencoded' }
  const body = JSON.stringify({ redirect_uris: ['https://client.example/cb'] })
  const { client_id } = await newClient(server)
  const answers = [
    await send(`${server.origin}/register`, { method: 'POST', headers: json, body }),
    await send(`${server.origin}/register`, { method: 'POST', headers: json, body: '{' }),
    await send(`${server.origin}/token`, { method: 'POST', headers: form, body: 'grant_type=password&client_id=x' }),
    await send(`${server.origin}/token`, { method: 'POST', headers: form, body: `client_id=${client_id}` }),
    await send(`${server.origin}/token`, { method: 'POST', headers: { ...form, authorization: 'Basic !' }, body: '' }),
    await send(`${server.origin}/token`, { method: 'GET', headers: { origin } }),
    await send(`${server.origin}/revoke`, { method: 'POST', headers: form, body: `client_id=${client_id}&token=x` }),
    await send(`${server.origin}/revoke`, { method: 'POST', headers: form, body: '' }),
  ]
  expect(answers.map((answer) => answer.status)).toEqual([201, 400, 401, 400, 401, 405, 200, 400])
  for (const answer of answers) {
    expect(corsOf(answer)).toEqual([
      ['access-control-allow-origin', '*'],
      ['access-control-expose-headers', 'WWW-Authenticate, Retry-After'],
    ])
  }
})

it('A064 says nothing of CORS at the authorization endpoint: page, error page, redirect, or wrong method', async () => {
  const server = await startServer({ clients: [knownClient] })
  const url = authorizeURL(server, await newClient(server), newPKCE().challenge)
  const answers = [
    await send(url, { headers: { origin } }),
    await send(`${url}&scope=x`, { headers: { origin } }),
    await send(authorizeURL(server, knownClient, 'x'), { headers: { origin } }),
    await send(url, { method: 'HEAD', headers: { origin } }),
    await send(url, { method: 'POST', headers: { origin }, body: '' }),
    await send(url, preflight('GET')),
  ]
  expect(answers.map((answer) => answer.status)).toEqual([200, 400, 303, 200, 405, 405])
  for (const answer of answers) expect(corsOf(answer)).toEqual([])
})

it('A064 says nothing of CORS where consent is given: approved, denied, refused, or wrong method', async () => {
  const server = await startServer()
  const browser = createBrowser()
  const client = await newClient(server)
  const page = await openConsent(server, client, browser)
  const other = await openConsent(server, client, browser)
  const answers = [
    await postConsent(browser, page, {}, { origin }),
    await postConsent(browser, page),
    await postConsent(browser, other, { decision: 'deny' }),
    await postConsent(browser, page, { consent: 'x' }),
    await send(`${server.origin}/consent`, { headers: { origin } }),
    await send(`${server.origin}/consent`, preflight('POST')),
  ]
  expect(answers.map((answer) => answer.status)).toEqual([403, 303, 303, 400, 405, 405])
  for (const answer of answers) expect(corsOf(answer)).toEqual([])
})

it('A064 says nothing of CORS at the callback: completed, refused, or wrong method', async () => {
  const server = await startServer()
  const browser = createBrowser()
  const callback = await signIn(server, browser, await openConsent(server, await newClient(server), browser))
  const answers = [
    await send(callback, { headers: { origin } }),
    await browser.load(callback, { headers: { origin } }),
    await browser.load(callback, { headers: { origin } }),
    await send(callback, { method: 'POST', headers: { origin }, body: '' }),
    await send(callback, preflight('GET')),
  ]
  expect(answers.map((answer) => answer.status)).toEqual([403, 303, 400, 405, 405])
  for (const answer of answers) expect(corsOf(answer)).toEqual([])
})

function preflight(method: string) {
  return { method: 'OPTIONS', headers: { origin, 'access-control-request-method': method } }
}

function corsOf(answer: Answer): [string, string][] {
  return [...answer.headers].filter(([name]) => name.startsWith('access-control-'))
}

function listOf(answer: Answer, name: string): string[] {
  return (answer.headers.get(name) ?? '').split(',').map((item) => item.trim().toLowerCase())
}
