import { mcpAuth, type OAuthProxy, readAuthSession, requireBearerAuth } from '@mcp-auth/express'
import express, { type RequestHandler } from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { login } from './support/client.ts'
import { startTestServer, type TestServer } from './support/server.ts'
import { openWire, requestText } from './support/wire.ts'

/** A second resource behind the same issuer, gate and application. */
const other = 'http://localhost/other'

/** Every spelling of a path that Express takes for the route or mount of that path. */
const spellings: readonly (readonly [string, (path: string) => string])[] = [
  ['as it is', (path) => path],
  ['with a query', (path) => `${path}?x=1`],
  ['with a slash', (path) => `${path}/`],
  ['in capitals', (path) => path.toUpperCase()],
  ['as an absolute URL', (path) => `http://127.0.0.1${path}`],
  ['as an absolute URL of another host', (path) => `https://evil.example${path}`],
  ['with more behind it', (path) => `${path}/more`],
  ['with a way out of it', (path) => `${path}/../${path === '/mcp' ? 'other' : 'mcp'}`],
  ['with an escaped way out of it', (path) => `${path}/%2e%2e/${path === '/mcp' ? 'other' : 'mcp'}`],
]

function application(auth: OAuthProxy): express.Express {
  const app = express()
  app.use(mcpAuth(auth))
  const answer =
    (name: string): RequestHandler =>
    (request, response) => {
      response.json({ reached: name, audience: readAuthSession(request).resource.href })
    }
  app.use('/mcp', requireBearerAuth(auth), answer('mcp'))
  app.use('/other', requireBearerAuth(auth), answer('other'))
  return app
}

let server: TestServer
let tokens: Record<'mcp' | 'other', string>
beforeAll(async () => {
  server = await startTestServer({ otherResources: [{ resource: other }], listener: application })
  tokens = {
    mcp: (await login(server)).access_token,
    other: (await login(server, { over: { resource: other } })).access_token,
  }
})
afterAll(async () => await server.close())

async function call(target: string, token: string): Promise<{ status: number; text: string }> {
  const wire = await openWire(server.origin)
  const headers = [`Host: ${new URL(server.origin).host}`, `Authorization: Bearer ${token}`, 'Connection: close']
  wire.write(requestText(`POST ${target}`, headers, '{}'))
  const { status, text } = await wire.response()
  wire.drop()
  return { status, text }
}

describe.each([
  ['/mcp', 'mcp', 'other'],
  ['/other', 'other', 'mcp'],
] as const)('A012 C9 among several resources of one server, at %s', (path, own, sibling) => {
  it.each(spellings)('takes only its own tokens when the path is written %s', async (_case, spell) => {
    const accepted = await call(spell(path), tokens[own])
    expect([accepted.status, JSON.parse(accepted.text)]).toMatchObject([200, { reached: own }])
    const refused = await call(spell(path), tokens[sibling])
    expect([refused.status, JSON.parse(refused.text)]).toMatchObject([401, { error: 'invalid_token' }])
  })
})

it.each([
  ['an escaped letter', '/%6fther'],
  ['an escaped letter in capitals', '/%4F%54her/'],
  ['an escaped letter in the middle', '/o%74her/more'],
])('A012 C9 takes for the same place what routers that decode take for it: %s', async (_case, path) => {
  const ask = async (token: string) => {
    const headers = new Headers({ authorization: `Bearer ${token}` })
    return await server.auth.authenticate({ method: 'POST', url: server.origin + path, headers })
  }
  expect(await ask(tokens.other)).toMatchObject({ resource: new URL(other) })
  expect(await ask(tokens.mcp)).toMatchObject({ status: 401 })
})
