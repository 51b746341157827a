/** What only Fastify has: prefixes, hooks, rewritten URLs, HTTP/2. */
import { once } from 'node:events'
import { connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { createOAuthProxy, mcpAuth, type OAuthProxy, readAuthSession, requireBearerAuth } from '@mcp-auth/fastify'
import { discord } from '@mcp-auth/provider-discord'
import fastify from 'fastify'
import { expect, it, onTestFinished } from 'vitest'
import { testSecret } from '../support/server.ts'

function newAuth(baseUrl = 'https://mcp.example'): OAuthProxy {
  return createOAuthProxy({
    baseUrl,
    provider: discord({ clientId: '157730590492196864', clientSecret: 'a-secret-of-tests' }),
    secret: testSecret,
  })
}

it('refuses to start under a prefix, since its paths come from baseUrl', async () => {
  const app = fastify()
  app.register(mcpAuth(newAuth()), { prefix: '/auth' })
  await expect(app.ready()).rejects.toThrow(TypeError)
})

it('refuses to start beside a route of the application at one of its paths', async () => {
  const app = fastify()
  app.register(mcpAuth(newAuth()))
  app.post('/token', async () => 'mine')
  await expect(app.ready()).rejects.toThrow(/already declared/)
})

it('starts beside a route of the application for everything, and comes first', async () => {
  const app = fastify()
  app.get('/*', async () => 'the application')
  app.register(mcpAuth(newAuth()))
  expect((await app.inject('/jwks')).json()).toHaveProperty('keys')
  expect((await app.inject('/else')).body).toBe('the application')
})

it('lets the hooks of the application see and change the response', async () => {
  const app = fastify()
  const statuses: number[] = []
  app.addHook('onSend', async (_request, reply) => {
    reply.header('x-seen', 'yes')
  })
  app.addHook('onResponse', async (_request, reply) => {
    statuses.push(reply.statusCode)
  })
  app.register(mcpAuth(newAuth()))
  const answer = await app.inject({ method: 'POST', url: '/token' })
  expect([answer.statusCode, answer.headers['x-seen']]).toEqual([400, 'yes'])
  expect(statuses).toEqual([400])
})

it('leaves the content type parsers of the application as they are', async () => {
  const app = fastify()
  app.register(mcpAuth(newAuth()))
  app.post('/mine', async (request) => request.body)
  expect((await app.inject({ method: 'POST', url: '/mine', payload: { a: 1 } })).json()).toEqual({ a: 1 })
  const unknown = await app.inject({ method: 'POST', url: '/mine', payload: 'x', headers: { 'content-type': 'a/b' } })
  expect(unknown.statusCode).toBe(415)
})

it('answers under the path that a proxy cut off and `rewriteUrl` puts back', async () => {
  const app = fastify({
    rewriteUrl: (request) => (request.url?.startsWith('/.well-known') ? '' : '/team-a') + request.url,
  })
  app.register(mcpAuth(newAuth('https://mcp.example/team-a')))
  expect((await app.inject('/jwks')).json()).toHaveProperty('keys')
  expect((await app.inject('/.well-known/oauth-authorization-server/team-a')).statusCode).toBe(200)
})

it('A028 serves and guards over HTTP/2', async () => {
  const app = fastify({ http2: true })
  const auth = newAuth('http://127.0.0.1')
  app.register(mcpAuth(auth))
  app.all('/mcp', { onRequest: requireBearerAuth(auth) }, async (request) => readAuthSession(request).subject)
  await app.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(async () => await app.close())
  const session = connect(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`)
  onTestFinished(() => session.close())
  const get = async (headers: Record<string, string>, body?: string): Promise<[unknown, string, unknown]> => {
    const stream = session.request(headers)
    stream.end(body)
    const [answer] = await once(stream, 'response')
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk)
    return [answer[':status'], Buffer.concat(chunks).toString(), answer['www-authenticate']]
  }
  const [status, metadata] = await get({ ':path': '/.well-known/oauth-authorization-server' })
  expect([status, JSON.parse(metadata)]).toMatchObject([200, { issuer: 'http://127.0.0.1' }])
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const token = await get({ ':path': '/token', ':method': 'POST', ...form }, 'grant_type=x&client_id=y')
  expect([token[0], JSON.parse(token[1])]).toMatchObject([401, { error: 'invalid_client' }])
  const refused = await get({ ':path': '/mcp', ':method': 'POST' }, '{}')
  expect([refused[0], refused[2]]).toEqual([401, expect.stringContaining('resource_metadata=')])
})
