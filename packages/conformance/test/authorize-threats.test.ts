/** Attacks on the authorization endpoint: rows B1, B4, B6 and B7 of the threat catalogue. */
import { createOAuthProxy } from '@mcp-auth/express'
import { discord } from '@mcp-auth/provider-discord'
import { describe, expect, it } from 'vitest'
import { visible } from './support/answers.ts'
import { createBrowser, send } from './support/browser.ts'
import { authorize, newClient, openConsent, redeem, redirectURI, register } from './support/client.ts'
import { linksOf, localPage, pageText, parametersOf, shownBy } from './support/pages.ts'
import { knownClient, startServer } from './support/start.ts'

describe('B1 redirect URI that is not the registered one', () => {
  const registered = [
    'https://claude.ai/api/mcp/auth_callback',
    'http://localhost:3118/callback',
    'http://[::1]:3118/cb',
  ]
  it.each([
    'https://claude.ai@evil.example/api/mcp/auth_callback',
    'https://claude.ai%40evil.example/api/mcp/auth_callback',
    'https://claude.ai\\.evil.example/api/mcp/auth_callback',
    'https://claude.ai\\@evil.example/api/mcp/auth_callback',
    'https:/claude.ai/api/mcp/auth_callback',
    'https:claude.ai/api/mcp/auth_callback',
    'https:///claude.ai/api/mcp/auth_callback',
    '//claude.ai/api/mcp/auth_callback',
    'https://CLAUDE.ai/api/mcp/auth_callback',
    'https://claude.ai/api/mcp/auth_callback/',
    'https://claude.ai/api/mcp/%61uth_callback',
    'https://claude.ai/api/mcp/%2e%2e/mcp/auth_callback',
    'https://claude.ai/api/mcp/..;/mcp/auth_callback',
    'https://claude.ai/api/mcp/./auth_callback',
    'https://claude.ai/api//mcp/auth_callback',
    'https://claude.ai/api/mcp/auth_callback?next=https://evil.example',
    'https://claude.ai/api/mcp/auth_callback#https://evil.example',
    'https://claude.ai/api/mcp/auth_callback\t',
    'https://claude.ai/api/mcp/auth\r_callback',
    'https://claude.ai/api/mcp/auth\n_callback',
    '\thttps://claude.ai/api/mcp/auth_callback',
    'https://clаude.ai/api/mcp/auth_callback',
    'https://xn--clude-4ve.ai/api/mcp/auth_callback',
    'https://claude。ai/api/mcp/auth_callback',
    'http://localhost:1@evil.example/callback',
    'http://localhost.evil.example:3118/callback',
    'http://LOCALHOST:3118/callback',
    'http://localhost.:3118/callback',
    'http://127.0.0.1.evil.example/callback',
    'http://[::ffff:127.0.0.1]:3118/cb',
    'http://[0:0:0:0:0:0:0:1]:3118/cb',
    'http://[::1%25lo]:3118/cb',
    'http://localhost:65536/callback',
    'http://localhost:-1/callback',
    'http://localhost:3118 /callback',
  ])('B1 never redirects to %j, whose bytes are not those of the registered URI', async (redirect_uri) => {
    const server = await startServer()
    const client = await newClient(server, { redirect_uris: registered })
    const answer = await openConsent(server, client, createBrowser(), { redirect_uri, response_type: 'token' })
    expect(shownBy(answer)).toEqual(localPage(400))
    expect(answer.text).not.toContain('evil.example')
  })

  it('B1 compares the redirect URI of the token request with that of the authorization request', async () => {
    const server = await startServer()
    const client = await newClient(server, { redirect_uris: [redirectURI, 'https://client.example/cb'] })
    const other = await redeem(server, await authorize(server, { client }), {
      redirect_uri: 'https://client.example/cb',
    })
    expect([other.status, other.json()['error']]).toEqual([400, 'invalid_grant'])
  })
})

describe('B4 PKCE downgrade', () => {
  it.each([
    ['none', { code_challenge: undefined, code_challenge_method: undefined }],
    ['plain', { code_challenge_method: 'plain' }],
    ['an unnamed method', { code_challenge_method: undefined }],
    ['a short challenge', { code_challenge: 'abc' }],
  ])('B4 gives no code for a request with %s, even if the person would agree', async (_case, over) => {
    const server = await startServer({ clients: [knownClient] })
    const browser = createBrowser()
    const answer = await openConsent(server, knownClient, browser, over)
    expect(parametersOf(answer).get('error')).toBe('invalid_request')
    expect(browser.cookies.size).toBe(0)
    const page = await openConsent(server, await newClient(server), browser, over)
    expect(page.text).not.toContain('<form')
  })

  it.each([
    ['missing', undefined, 'invalid_request'],
    ['too short', 'a'.repeat(42), 'invalid_grant'],
    ['too long', 'a'.repeat(129), 'invalid_grant'],
    ['of characters it must not have', `${'a'.repeat(42)}é`, 'invalid_grant'],
    ['another', 'a'.repeat(43), 'invalid_grant'],
  ])('B4 refuses a code whose verifier is %s', async (_case, code_verifier, error) => {
    const server = await startServer()
    const answer = await redeem(server, await authorize(server), { code_verifier })
    expect([answer.status, answer.json()['error']]).toEqual([400, error])
  })

  it('B4 burns the code with a wrong verifier, so that nobody can try again', async () => {
    const server = await startServer()
    const authorization = await authorize(server)
    expect((await redeem(server, authorization, { code_verifier: 'a'.repeat(43) })).status).toBe(400)
    const again = await redeem(server, authorization)
    expect([again.status, again.json()['error']]).toEqual([400, 'invalid_grant'])
  })

  it('B4 does not take the challenge for the verifier', async () => {
    const server = await startServer()
    const verifier = 'v'.repeat(43)
    const authorization = await authorize(server, { over: { code_challenge: verifier } })
    expect((await redeem(server, authorization, { code_verifier: verifier })).status).toBe(400)
  })
})

describe('B6 metadata that a careless client hands to a shell or a script', () => {
  const provider = discord({ clientId: '157730590492196864', clientSecret: 'secret-of-the-fake' })
  it.each([
    'javascript:alert(1)//https://mcp.example',
    'http://mcp.example',
    'ftp://mcp.example',
    'file:///etc/passwd',
    'https://mcp.example/$(calc.exe)',
    'https://mcp.example/`id`',
    'https://mcp.example/a b',
    "https://mcp.example/'a'",
    'https://mcp.example/"a"',
    'https://mcp.example/;id',
    'https://mcp.example/&whoami',
    'https://mcp.example/|id',
    'https://mcp.example/%26calc',
    'https://mcp.example\\@evil.example',
    'https://user:password@mcp.example',
    'https://mcp.example/?x=1',
    'https://mcp.example/#x',
    'https://mcp.example/é',
    'https://mcp.example/\n',
    'https://mcp.example/a/../b',
    '//mcp.example',
    'mcp.example',
    '',
  ])('B6 does not start with the base URL %j, and says so', (baseUrl) => {
    expect(() => createOAuthProxy({ baseUrl, provider })).toThrowError(/baseUrl|publishable URL/)
  })

  it('B6 publishes URLs of plain characters only', async () => {
    const server = await startServer({ path: '/team-a~1/x_y.z' })
    const { authorizationServer, protectedResource } = server.auth.metadata
    const urls = [...Object.values(authorizationServer), ...Object.values(protectedResource)]
      .flat()
      .filter((value) => typeof value === 'string' && value.includes('://'))
    expect(urls.length).toBeGreaterThan(8)
    for (const url of urls) expect(url).toMatch(/^https?:\/\/[A-Za-z0-9.:[\]_~/-]+$/)
  })
})

describe('B7 error reflection and header injection', () => {
  const evil = [
    'x\r\nSet-Cookie: malevolent=1',
    '"malevolent"',
    '\\malevolent',
    'malevolent\u0000',
    'malévolent',
    '<b>malevolent</b>',
    'malevolent\u2028',
  ]
  const plain = /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/

  it.each(['response_type', 'code_challenge_method', 'code_challenge', 'scope', 'resource', 'response_mode'])(
    'B7 describes a bad %s in words of our own',
    async (name) => {
      const server = await startServer({ clients: [knownClient] })
      const client = await newClient(server)
      for (const value of evil) {
        const answer = await openConsent(server, knownClient, createBrowser(), { [name]: value })
        expect(parametersOf(answer).get('error_description')).toMatch(plain)
        expect(visible(answer)).not.toMatch(/mal[eé]volent/)
        const page = await openConsent(server, client, createBrowser(), { [name]: value })
        expect(page.status).toBe(400)
        expect(visible(page)).not.toMatch(/mal[eé]volent/)
      }
    },
  )

  it('B7 brings even the oddest state back inside one parameter of one header', async () => {
    const server = await startServer({ clients: [knownClient] })
    for (const state of evil) {
      const answer = await openConsent(server, knownClient, createBrowser(), { state, scope: 'nope' })
      expect(parametersOf(answer).getAll('state')).toEqual([state])
      expect(answer.headers.getSetCookie()).toEqual([])
      expect(answer.location).toMatch(/^[\x21-\x7e]+$/)
      const page = await openConsent(server, await newClient(server), createBrowser(), { state, scope: 'nope' })
      expect(linksOf(page).map((link) => new URL(link).searchParams.get('state'))).toEqual([state])
      expect(pageText(page)).not.toMatch(/mal[eé]volent/)
    }
  })

  it('B7 refuses bad values at the API endpoints without repeating them', async () => {
    const server = await startServer()
    const { token_endpoint } = server.auth.metadata.authorizationServer
    for (const value of evil) {
      const form = new URLSearchParams({ grant_type: value, client_id: (await newClient(server)).client_id }).toString()
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const token = await send(token_endpoint, { method: 'POST', headers, body: form })
      const registration = await register(server, { token_endpoint_auth_method: value })
      for (const answer of [token, registration]) {
        expect(answer.status).toBe(400)
        expect(answer.json()['error_description']).toMatch(plain)
        expect(visible(answer)).not.toMatch(/mal[eé]volent/)
      }
    }
  })
})
