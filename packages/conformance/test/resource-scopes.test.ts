import { requireBearerAuth } from '@mcp-auth/express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outcome } from './support/answers.ts'
import type { Answer } from './support/browser.ts'
import { callMCP, login } from './support/client.ts'
import { startTestServer, type TestServer } from './support/server.ts'

/** What the operation behind the gate needs; each test sets it. */
let requiredScopes: readonly string[] = []
let executed = 0

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({
    discordScopes: ['identify', 'guilds'],
    serverScopes: ['admin', 'write', 'read', 'audit', 'toString'],
    scopeHierarchy: { admin: ['write', 'audit'], write: ['read'], read: ['write'] },
    mcp: async (request, response, next) => {
      await requireBearerAuth(server.auth, { requiredScopes })(request, response, (error?: unknown) => {
        if (error !== undefined) return next(error)
        executed += 1
        response.json({ executed: true })
      })
    },
  })
})
afterAll(async () => await server.close())

async function operation(granted: string, required: readonly string[]): Promise<Answer> {
  const { access_token: token } = await login(server, { over: { scope: granted } })
  requiredScopes = required
  return await callMCP(server, token)
}

it('A038 answers a good token that lacks a scope with 403, all scopes of the operation and the metadata URL', async () => {
  const before = executed
  const answer = await operation('identify', ['identify', 'guilds'])
  expect(outcome(answer)).toBe('403 insufficient_scope')
  expect(answer.headers.get('www-authenticate')).toBe(
    'Bearer error="insufficient_scope", error_description="The access token lacks a required scope", ' +
      `scope="identify guilds", resource_metadata="${server.origin}/.well-known/oauth-protected-resource/mcp"`,
  )
  expect(executed).toBe(before)
})

it('A038 grants the operation once the token has every scope', async () => {
  const before = executed
  expect((await operation('identify guilds', ['identify', 'guilds'])).status).toBe(200)
  expect(executed).toBe(before + 1)
})

it('A039 names all scopes at once, in one order, and the same on repeat and for every token', async () => {
  const challenges = new Set<string | null>()
  for (const granted of ['identify', 'guilds', 'audit', 'identify guilds']) {
    const { access_token: token } = await login(server, { over: { scope: granted } })
    requiredScopes = ['guilds', 'audit', 'identify']
    for (let repeat = 0; repeat < 2; repeat += 1) {
      const answer = await callMCP(server, token)
      expect(answer.status).toBe(403)
      challenges.add(answer.headers.get('www-authenticate'))
    }
  }
  expect(challenges.size).toBe(1)
  expect([...challenges][0]).toContain('scope="guilds audit identify"')
})

describe('A040 honours the hierarchy:', () => {
  it.each([
    ['a scope by itself', 'read', ['read'], true],
    ['a scope that the one held implies', 'write', ['read'], true],
    ['a scope that is implied over another one', 'admin', ['read'], true],
    ['several implied scopes at once', 'admin', ['audit', 'read', 'write', 'admin'], true],
    ['scopes that imply each other', 'read', ['write'], true],
    ['a broader scope than the one held', 'audit', ['admin'], false],
    ['an implied scope and one that is not', 'admin', ['read', 'guilds'], false],
    ['a scope from next to the one held', 'audit', ['read'], false],
    ['a scope named like a property of every object', 'toString', ['read'], false],
    ['a scope in other letters', 'read', ['Read'], false],
    ['the beginning of a scope', 'admin', ['adm'], false],
  ])('%s: held %s, needed %j', async (_case, held, needed, isGranted) => {
    expect(outcome(await operation(held, needed))).toBe(isGranted ? '200' : '403 insufficient_scope')
  })
})

it('A040 names the narrow scope in the challenge, not those that imply it', async () => {
  const answer = await operation('audit', ['read'])
  expect(answer.headers.get('www-authenticate')).toContain('scope="read"')
})

it('A038 A039 gives tools the same 403 from insufficientScope as the gate gives', async () => {
  const fromGate = await operation('audit', ['identify', 'guilds'])
  for (let repeat = 0; repeat < 2; repeat += 1) {
    const fromTool = server.auth.insufficientScope(['identify', 'guilds'])
    expect(fromTool.status).toBe(fromGate.status)
    expect(await fromTool.json()).toEqual(fromGate.json())
    for (const name of ['www-authenticate', 'content-type', 'cache-control']) {
      expect([name, fromTool.headers.get(name)]).toEqual([name, fromGate.headers.get(name)])
    }
  }
})

it('A038 lets a web page read the 403 of insufficientScope when its origin is allowed, and only then', () => {
  const from = (origin: string) =>
    server.auth.insufficientScope(['read'], new Request(server.mcpURL, { headers: { origin } })).headers
  expect(from('http://localhost:6274').get('access-control-allow-origin')).toBe('http://localhost:6274')
  expect(from('http://localhost:6274').get('access-control-expose-headers')).toContain('WWW-Authenticate')
  expect(from('https://evil.example').get('access-control-allow-origin')).toBeNull()
})

it('A038 judges the token before its scopes: a bad one gets 401', async () => {
  requiredScopes = ['admin']
  expect(outcome(await callMCP(server, 'garbage'))).toBe('401 invalid_token')
})
