/** What a request line and its headers may try. @module */
import { cpuUsage } from 'node:process'
import { expect, it } from 'vitest'
import { createBrowser, send } from '../browser.ts'
import { authorizeURL, callMCP, login, newClient, newPKCE } from '../client.ts'
import { type AdapterHost, nothingHere } from '../host.ts'
import { type AdapterServer, startHost } from '../server.ts'
import { openWire, requestText, type WireResponse } from '../wire.ts'

const jsonType = 'Content-Type: application/json'

/** Sends one request exactly as written, with the right Host unless one is given. */
async function exchange(
  server: AdapterServer,
  line: string,
  headers: readonly string[] = [],
  body?: string,
): Promise<WireResponse> {
  const wire = await openWire(server.origin)
  const host = headers.some((header) => header.startsWith('Host:')) ? [] : [`Host: ${new URL(server.origin).host}`]
  wire.write(requestText(line, [...host, ...headers], body))
  const response = await wire.response({ toHead: line.startsWith('HEAD ') })
  wire.drop()
  return response
}

export function requestContract(host: AdapterHost): void {
  it.each([
    '/nowhere',
    '/token/',
    '/token/more',
    '/TOKEN',
    '/auth',
    '//evil.example/token',
    '//token',
    '/.well-known',
    '/.well-known/oauth-authorization-server/',
    '/%74oken',
    '/token%3Fx',
    '/token;x=1',
  ])('leaves %s to the framework, which knows nothing of it', async (path) => {
    const server = await startHost(host)
    for (const method of ['GET', 'POST']) {
      const response = await exchange(server, `${method} ${path}`)
      expect([response.status, response.text]).toEqual([404, nothingHere])
    }
  })

  it.each([
    ['the target names another host', 'http://evil.example', []],
    ['the target and Host name another host', 'http://evil.example', ['Host: evil.example']],
  ])(
    'A067 answers an absolute target as its path, with nothing of its host, when %s',
    async (_case, prefix, headers) => {
      const server = await startHost(host)
      const plain = await exchange(server, 'GET /.well-known/oauth-authorization-server?x=1')
      const response = await exchange(server, `GET ${prefix}/.well-known/oauth-authorization-server?x=1`, headers)
      expect([response.status, response.text]).toEqual([200, plain.text])
      expect((await exchange(server, `GET ${prefix}/nowhere`, headers)).text).toBe(nothingHere)
    },
  )

  it('A033 guards the MCP endpoint under an absolute target too', async () => {
    const server = await startHost(host)
    const response = await exchange(server, 'POST http://evil.example/mcp', [jsonType], '{}')
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toContain(`resource_metadata="${server.origin}/`)
    expect(server.calls).toEqual([])
  })

  it.each(['GET *', 'GET nowhere', 'GET /%zz', 'GET /%00', 'GET /\\evil', 'GET /?%', 'OPTIONS *'])(
    'A112 survives the request line %s without a 5xx and without a stack',
    async (line) => {
      const server = await startHost(host)
      const response = await exchange(server, line)
      expect(response.status).toBeLessThan(500)
      expect(response.text).not.toMatch(/ at .*\.[jt]s/)
    },
  )

  it.each([
    ['GET', '/token', 'POST'],
    ['PUT', '/token', 'POST'],
    ['PATCH', '/register', 'POST'],
    ['GET', '/revoke', 'POST'],
    ['POST', '/authorize', 'GET, HEAD'],
    ['DELETE', '/consent', 'POST'],
    ['POST', '/auth/callback', 'GET'],
    ['HEAD', '/auth/callback', 'GET'],
    ['POST', '/.well-known/oauth-protected-resource/mcp', 'GET, HEAD'],
    ['TRACE', '/token', 'POST'],
    ['TRACE', '/authorize', 'GET, HEAD'],
    ['OPTIONS', '/authorize', 'GET, HEAD'],
  ])('A046 refuses %s %s with 405 and Allow: %s', async (method, path, allow) => {
    const server = await startHost(host)
    const response = await exchange(server, `${method} ${path}`)
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow])
    expect(response.text).toContain(method === 'HEAD' ? '' : 'The method is not allowed here')
  })

  it.each(['/.well-known/oauth-authorization-server', '/.well-known/oauth-protected-resource/mcp', '/jwks'])(
    'answers HEAD %s like GET without the body',
    async (path) => {
      const server = await startHost(host)
      const got = await exchange(server, `GET ${path}`)
      const head = await exchange(server, `HEAD ${path}`)
      expect([head.status, head.text]).toEqual([200, ''])
      for (const name of ['content-type', 'cache-control', 'access-control-allow-origin']) {
        expect(head.headers.get(name)).toBe(got.headers.get(name))
      }
    },
  )

  it('answers HEAD for the consent page, and refuses HEAD at the token endpoint with 405 and Allow', async () => {
    const server = await startHost(host)
    const url = new URL(authorizeURL(server, await newClient(server), newPKCE().challenge))
    const page = await exchange(server, `HEAD ${url.pathname}${url.search}`)
    expect([page.status, page.text]).toEqual([200, ''])
    const token = await exchange(server, 'HEAD /token')
    expect([token.status, token.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it.each(['/token', '/register', '/revoke', '/jwks', '/.well-known/oauth-authorization-server'])(
    'A064 answers the preflight of %s for every page, and one for the consent page for none',
    async (path) => {
      const server = await startHost(host)
      const asked = ['Origin: https://inspector.example', 'Access-Control-Request-Method: POST']
      const response = await exchange(server, `OPTIONS ${path}`, asked)
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
      expect(response.headers.get('access-control-allow-headers')).toContain('authorization')
      const page = await exchange(server, 'OPTIONS /authorize', asked)
      expect([page.status, page.headers.get('access-control-allow-origin')]).toEqual([405, null])
    },
  )

  it('A064 answers the preflight of the MCP endpoint without a token, for origins that may call it', async () => {
    const server = await startHost(host, { allowedOrigins: ['https://inspector.example'] })
    const asked = ['Access-Control-Request-Method: POST', 'Access-Control-Request-Headers: authorization']
    const allowed = await exchange(server, 'OPTIONS /mcp', ['Origin: https://inspector.example', ...asked])
    expect(allowed.status).toBe(204)
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://inspector.example')
    expect(allowed.headers.get('access-control-allow-headers')).toContain('authorization')
    const foreign = await exchange(server, 'OPTIONS /mcp', ['Origin: https://evil.example', ...asked])
    expect([foreign.status, foreign.headers.get('access-control-allow-origin')]).toEqual([403, null])
    expect(server.calls).toEqual([])
  })

  it('A032 refuses two Authorization headers, whichever of them holds a valid token', async () => {
    const server = await startHost(host)
    const { access_token } = await login(server)
    const valid = `Bearer ${access_token}`
    const authorizations: string[][] = [
      [valid, 'Bearer other'],
      ['Bearer other', valid],
      [valid, valid],
      ['Basic eDp5', valid],
    ]
    for (const authorization of authorizations) {
      const answer = await callMCP(server, undefined, { headers: { authorization }, body: '{}' })
      expect(answer.status).toBe(400)
    }
    expect(server.calls).toEqual([])
  })

  it('A045 refuses two Authorization headers at the token endpoint', async () => {
    const server = await startHost(host)
    const client = await newClient(server, { token_endpoint_auth_method: 'client_secret_basic' })
    const basic = `Basic ${btoa(`${client.client_id}:${client.client_secret}`)}`
    for (const authorization of [
      [basic, 'Basic eDp5'],
      ['Basic eDp5', basic],
    ]) {
      const answer = await send(server.auth.metadata.authorizationServer.token_endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', authorization },
        body: 'grant_type=refresh_token&refresh_token=x',
      })
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.json()['error']).not.toBe('invalid_grant')
    }
  })

  it.each([
    ['Authorization', '/mcp', `Bearer ${'a'.repeat(1_000_000)}`],
    ['Authorization', '/token', `Basic ${'a'.repeat(1_000_000)}`],
    ['Cookie', '/auth/callback?state=x', 'mcpauth-x=y; '.repeat(75_000)],
    ['Origin', '/mcp', `https://${'a'.repeat(1_000_000)}`],
    ['X-Forwarded-Host', '/.well-known/oauth-authorization-server', 'a'.repeat(1_000_000)],
  ])('refuses or ignores one megabyte of %s at %s with less than two seconds of work', async (name, path, value) => {
    const server = await startHost(host, { serverOptions: { maxHeaderSize: 2 ** 21 } })
    const before = cpuUsage()
    const method = path === '/token' ? 'POST' : 'GET'
    const response = await exchange(server, `${method} ${path}`, [`${name}: ${value}`, jsonType])
    expect(response.status).toBeLessThan(500)
    const { user, system } = cpuUsage(before)
    expect((user + system) / 1000).toBeLessThan(2000)
    expect(response.text.length).toBeLessThan(5000)
    expect(server.calls).toEqual([])
  })

  it('tells core who sent a request: the peer of the connection, whatever X-Forwarded-For and Forwarded say', async () => {
    const addresses: unknown[] = []
    const server = await startHost(host, { onFetch: (_request, info) => addresses.push(info?.clientAddress) })
    await exchange(server, 'POST /register', [
      jsonType,
      'X-Forwarded-For: 203.0.113.7',
      'X-Real-IP: 203.0.113.7',
      'Forwarded: for=203.0.113.7',
    ])
    expect(addresses).toEqual(['127.0.0.1'])
  })

  it('A100 sends several cookies as several lines, beside those that the application set before', async () => {
    const server = await startHost(host)
    const browser = createBrowser()
    const client = await newClient(server)
    const open = async (): Promise<string[]> => {
      const page = await browser.load(authorizeURL(server, client, newPKCE().challenge))
      return page.headers.getSetCookie().map((line) => line.split(';')[0] ?? '')
    }
    for (let flow = 0; flow < 5; flow++) expect(await open()).toHaveLength(2)
    // The sixth pending flow pushes out the first.
    const cookies = await open()
    expect(cookies).toHaveLength(3)
    expect(cookies.filter((line) => line.startsWith('mcpauth-'))).toHaveLength(2)
    expect(cookies).toContain('earlier=1')
    expect([...browser.cookies.keys()].filter((name) => name.startsWith('mcpauth-'))).toHaveLength(5)
  })
}
