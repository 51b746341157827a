/** What only Hono has: its own idea of paths, other middleware's answers, runtimes without Node. */
import { createOAuthProxy, mcpAuth, type OAuthProxy, requireBearerAuth } from '@mcp-auth/hono'
import { discord } from '@mcp-auth/provider-discord'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { expect, it } from 'vitest'
import { testSecret } from '../support/server.ts'

function newAuth(): OAuthProxy {
  return createOAuthProxy({
    baseUrl: 'https://mcp.example',
    provider: discord({ clientId: '157730590492196864', clientSecret: 'a-secret-of-tests' }),
    secret: testSecret,
  })
}

it('serves an application that routes by host name', async () => {
  const app = new Hono({ getPath: (request) => `/${new URL(request.url).host}${new URL(request.url).pathname}` })
  app.use(mcpAuth(newAuth()))
  expect((await app.request('https://mcp.example/jwks')).status).toBe(200)
})

it('A036 takes the host from the URL where a runtime gives no Host header', async () => {
  const app = new Hono()
  app.use('/mcp', requireBearerAuth(newAuth()))
  expect((await app.request('https://mcp.example/mcp')).status).toBe(401)
  expect((await app.request('https://evil.example/mcp')).status).toBe(403)
})

it('answers what other middleware left to it, keeping the headers that middleware set', async () => {
  const app = new Hono()
  app.use(cors({ origin: 'https://app.example', credentials: true }))
  app.use(async (c, next) => {
    c.header('x-request-id', '7')
    await next()
  })
  app.use(mcpAuth(newAuth()))
  const answer = await app.request('https://mcp.example/jwks', { headers: { origin: 'https://app.example' } })
  expect([answer.status, answer.headers.get('x-request-id')]).toEqual([200, '7'])
  expect(answer.headers.get('content-type')).toBe('application/json')
})

it.each(['before', 'after'] as const)(
  'keeps a header and a cookie that one middleware sets %s it answers',
  async (when) => {
    const app = new Hono()
    app.use(async (c, next) => {
      if (when === 'after') await next()
      c.header('x-request-id', '7')
      c.header('set-cookie', 'a=b', { append: true })
      if (when === 'before') await next()
    })
    app.use('/mcp', requireBearerAuth(newAuth()))
    const { status, headers } = await app.request('https://mcp.example/mcp')
    expect([status, headers.get('x-request-id'), headers.getSetCookie()]).toEqual([401, '7', ['a=b']])
    expect(headers.get('www-authenticate')).toContain('resource_metadata=')
  },
)

it('A064 adds CORS headers to answers whose headers cannot be changed', async () => {
  const auth = newAuth()
  const guard = requireBearerAuth({
    authenticate: async () => {
      const session = { subject: 'someone' }
      return session as Exclude<Awaited<ReturnType<OAuthProxy['authenticate']>>, Response>
    },
    corsHeaders: (request) => auth.corsHeaders(request),
  })
  const app = new Hono()
  app.all('/mcp', guard, () => Response.redirect('https://mcp.example/elsewhere'))
  const answer = await app.request('https://mcp.example/mcp', { headers: { origin: 'https://mcp.example' } })
  expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([302, 'https://mcp.example'])
})

it('lets a body that somebody read past Hono end in a 500 that names the cure, without a stack', async () => {
  const app = new Hono()
  app.use(async (c, next) => {
    await c.req.raw.text()
    await next()
  })
  app.use(mcpAuth(newAuth()))
  const answer = await app.request('https://mcp.example/token', { method: 'POST', body: 'grant_type=x' })
  expect(answer.status).toBe(500)
  expect(await answer.text()).not.toMatch(/\bat .*\.[jt]s/)
})
