import { ConfigurationError, createRemoteOAuth } from '@mcp-auth/express'
import { describe, expect, it } from 'vitest'
import { outcome } from './support/answers.ts'
import { type Answer, send } from './support/browser.ts'
import { callMCP } from './support/client.ts'
import { createClock } from './support/clock.ts'
import { accepted, judgeToken } from './support/gate.ts'
import { createTestIdP, providerOf, startRemote } from './support/remote.ts'

const origin = 'https://app.example'
const documents = [
  '/.well-known/oauth-protected-resource/mcp',
  '/.well-known/oauth-protected-resource',
  '/.well-known/oauth-authorization-server',
  '/.well-known/openid-configuration',
]

const corsOf = ({ headers }: Answer): [string, string][] =>
  [...headers].filter(([name]) => name.startsWith('access-control-'))

it('A028 A029 A030 invites a caller without a token with 401 and no error, and names the metadata', async () => {
  const server = await startRemote()
  const answer = await callMCP(server)
  expect(answer.status).toBe(401)
  expect(answer.headers.get('www-authenticate')).toBe(
    `Bearer scope="read", resource_metadata="${server.origin}/.well-known/oauth-protected-resource/mcp"`,
  )
  expect(answer.json()).toEqual({ error_description: 'An access token is required' })
  expect(server.idp.requests).toEqual([])
})

it('A031 tells a caller with a bad token that it is bad', async () => {
  const server = await startRemote()
  const answer = await callMCP(server, 'garbage')
  expect(outcome(answer)).toBe('401 invalid_token')
  expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"')
})

it('A028 publishes which authorization server to ask, and forwards its metadata as they are', async () => {
  const server = await startRemote({ serviceName: 'Files of ours', defaultScopes: ['read', 'write', 'offline_access'] })
  const [resource, bare, server8414, openid] = await Promise.all(
    documents.map(async (path) => (await send(server.origin + path)).json()),
  )
  expect(resource).toEqual({
    resource: server.mcpURL,
    authorization_servers: [server.idp.issuer],
    scopes_supported: ['read', 'write'],
    bearer_methods_supported: ['header'],
    resource_name: 'Files of ours',
  })
  expect(bare).toEqual(resource)
  expect(server8414).toEqual(server.idp.metadata)
  expect(openid).toEqual(server.idp.metadata)
})

it('A028 names every authorization server whose tokens it takes, that of the metadata first', async () => {
  const clock = createClock()
  const idp = createTestIdP(clock)
  const others = ['https://second.example', 'https://third.example/tenant']
  const server = await startRemote({ clock, idp, provider: { ...providerOf(idp), otherAuthorizationServers: others } })
  const named = async (): Promise<unknown> => (await send(server.origin + documents[0])).json()['authorization_servers']
  expect(await named()).toEqual([idp.issuer, ...others])
  idp.fail('*', 'refused')
  expect(await named()).toEqual([idp.issuer, ...others])
  expect(server.auth.metadata.protectedResource.authorization_servers).toEqual([idp.issuer, ...others])
})

it('A061 refuses to start with a further authorization server that is not https', () => {
  const idp = createTestIdP(createClock())
  const provider = { ...providerOf(idp), otherAuthorizationServers: ['http://second.example'] }
  expect(() => createRemoteOAuth({ baseUrl: 'https://mcp.example', provider })).toThrow(ConfigurationError)
})

it('A065 serves its documents at the places of a base URL with a path', async () => {
  const server = await startRemote({ path: '/team-a' })
  const at = async (path: string): Promise<number> => (await send(server.origin + path)).status
  expect(server.mcpURL).toBe(`${server.origin}/team-a/mcp`)
  expect(await at('/.well-known/oauth-protected-resource/team-a/mcp')).toBe(200)
  expect(await at('/.well-known/oauth-authorization-server/team-a')).toBe(200)
  expect(await at('/team-a/.well-known/openid-configuration')).toBe(200)
  expect(await at('/.well-known/oauth-protected-resource')).toBe(404)
  expect(await at('/.well-known/oauth-authorization-server')).toBe(404)
})

it.each(documents)('A064 lets any web page read %s in remote mode', async (path) => {
  const server = await startRemote()
  const answer = await send(server.origin + path, { headers: { origin, 'mcp-protocol-version': '2025-11-25' } })
  expect([answer.status, ...corsOf(answer)]).toEqual([
    200,
    ['access-control-allow-origin', '*'],
    ['access-control-expose-headers', 'WWW-Authenticate, Retry-After'],
  ])
  expect(answer.headers.get('content-type')).toBe('application/json')
  expect(answer.headers.get('cache-control')).toMatch(/^public, max-age=\d+$/)
})

it.each(documents)('A064 answers the preflight for %s in remote mode and asks the provider nothing', async (path) => {
  const server = await startRemote()
  const headers = {
    origin,
    'access-control-request-method': 'GET',
    'access-control-request-headers': 'mcp-protocol-version',
  }
  const answer = await send(server.origin + path, { method: 'OPTIONS', headers })
  expect([answer.status, answer.text]).toEqual([204, ''])
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  expect(answer.headers.get('access-control-allow-methods')).toBe('GET, HEAD, OPTIONS')
  expect(answer.headers.get('access-control-allow-headers')).toContain('mcp-protocol-version')
  expect(server.idp.requests).toEqual([])
})

it('A064 lets a page that may call the endpoint read the challenge, and answers its preflight', async () => {
  const server = await startRemote({ allowedOrigins: [origin] })
  const preflight = await callMCP(server, undefined, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST' },
  })
  expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, origin])
  const answer = await callMCP(server, undefined, { headers: { origin } })
  expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([401, origin])
  expect(answer.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate')
  const good = await callMCP(server, server.mint(), { headers: { origin } })
  expect([good.status, good.headers.get('access-control-allow-origin')]).toEqual([200, origin])
  const foreign = await callMCP(server, server.mint(), { headers: { origin: 'https://evil.example' } })
  expect([foreign.status, foreign.headers.get('access-control-allow-origin')]).toEqual([403, null])
})

it('A064 tells pages that they may send the headers that were named, besides those of MCP', async () => {
  const server = await startRemote({ allowedOrigins: [origin], allowedHeaders: ['X-API-Key', 'traceparent'] })
  const ask = async (from: string): Promise<Answer> =>
    await callMCP(server, undefined, {
      method: 'OPTIONS',
      headers: { origin: from, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-api-key' },
    })
  const names = (await ask(origin)).headers.get('access-control-allow-headers')?.split(', ')
  expect(names).toEqual(expect.arrayContaining(['authorization', 'mcp-session-id', 'x-api-key', 'traceparent']))
  expect((await ask('https://evil.example')).headers.get('access-control-allow-headers')).toBeNull()
})

it('A067 D4 publishes the configured URLs whatever the request headers say', async () => {
  const server = await startRemote()
  const headers = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' }
  for (const path of documents) {
    const plain = await send(server.origin + path)
    expect((await send(server.origin + path, { headers })).text).toBe(plain.text)
    expect((await send(server.origin + path, { headers: { ...headers, host: 'evil.example' } })).text).toBe(plain.text)
  }
  const challenge = (await callMCP(server, undefined, { headers })).headers.get('www-authenticate')
  expect(challenge).toBe((await callMCP(server)).headers.get('www-authenticate'))
})

it('answers no method but GET and HEAD at its documents, and no path of an authorization server', async () => {
  const server = await startRemote()
  for (const path of documents) {
    const answer = await send(server.origin + path, { method: 'POST' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    expect((await send(server.origin + path, { method: 'HEAD' })).text).toBe('')
  }
  for (const path of ['/authorize', '/token', '/register', '/revoke', '/jwks', '/auth/callback']) {
    expect([path, (await send(server.origin + path)).status]).toEqual([path, 404])
  }
})

it('asks for the metadata once in the time the provider says, and serves what it says then', async () => {
  const server = await startRemote()
  server.idp.headers['cache-control'] = 'max-age=120'
  const url = server.origin + String(documents[2])
  for (const path of documents) await send(server.origin + path)
  expect(server.idp.requests).toHaveLength(1)
  Object.assign(server.idp.metadata, { scopes_supported: ['changed'] })
  server.clock.advance(119)
  expect((await send(url)).json()).toMatchObject({ scopes_supported: ['read', 'write'] })
  server.clock.advance(1)
  expect((await send(url)).json()).toMatchObject({ scopes_supported: ['changed'] })
  expect(server.idp.requests).toHaveLength(2)
})

describe('A061 refuses to start', () => {
  const create = (over: Partial<Parameters<typeof createRemoteOAuth>[0]>, issuer = 'https://login.example') => {
    const idp = createTestIdP(createClock())
    return () =>
      createRemoteOAuth({
        baseUrl: 'https://mcp.example',
        provider: { ...providerOf(idp), issuers: [issuer] },
        ...over,
      })
  }

  it.each<[string, () => unknown, string]>([
    ['with an issuer over http', create({}, 'http://login.example'), 'provider.issuers'],
    ['with an issuer that has a query', create({}, 'https://login.example?tenant=1'), 'provider.issuers'],
    ['with an issuer that is no URL', create({}, 'login.example'), 'provider.issuers'],
    ['at a base URL over http', create({ baseUrl: 'http://mcp.example' }), 'baseUrl'],
    ['at a base URL with a fragment', create({ baseUrl: 'https://mcp.example#x' }), 'baseUrl'],
    ['for a resource over http', create({ resource: 'http://mcp.example/mcp' }), 'resource'],
    ['for a resource with a fragment', create({ resource: 'https://mcp.example/mcp#x' }), 'resource'],
    ['with a scope that is none', create({ defaultScopes: ['a b'] }), 'resource'],
    ['with no time for the provider', create({ upstreamTimeoutSeconds: 0 }), 'upstreamTimeoutSeconds'],
  ])('%s, and names the option', (_case, start, option) => {
    expect(start).toThrow(ConfigurationError)
    expect(start).toThrow(new RegExp(`^${option}: `))
  })

  it('but on loopback, where http will do', () => {
    expect(create({ baseUrl: 'http://localhost:8000' }, 'http://127.0.0.1:9000')).not.toThrow()
  })
})

it('A061 leaves what it publishes on https: the resource, its metadata and the authorization server', async () => {
  const server = await startRemote({ publicOrigin: 'https://mcp.example', allowedHosts: ['127.0.0.1'] })
  const document = (await send(`${server.origin}/.well-known/oauth-protected-resource/mcp`)).json()
  expect(document).toMatchObject({
    resource: 'https://mcp.example/mcp',
    authorization_servers: ['https://login.example'],
  })
  const challenge = (await send(`${server.origin}/mcp`, { method: 'POST' })).headers.get('www-authenticate')
  expect(challenge).toContain('resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp"')
  const here = { ...server, mcpURL: `${server.origin}/mcp` }
  expect(await judgeToken(here, server.idp.mint('https://mcp.example/mcp'))).toEqual(accepted)
})
