import {
  type AccessRule,
  type AuthSession,
  guard,
  not,
  requireAll,
  requireAny,
  requireAuth,
  requireRole,
  requireScopes,
} from '@mcp-auth/express'
import { describe, expect, it } from 'vitest'
import { outcome } from './support/answers.ts'
import { callMCP, login } from './support/client.ts'
import { hostFactory } from './support/hosts.ts'
import type { TestServer } from './support/server.ts'
import { startServer } from './support/start.ts'

/** Roles of everybody; a change counts from the next request on. */
interface GateServer extends TestServer {
  roles: readonly string[]
}

async function start(canAccess: AccessRule<AuthSession>, allowAnonymous = false): Promise<GateServer> {
  const people: { roles: readonly string[] } = { roles: [] }
  const server = await startServer({
    roles: () => people.roles,
    scopeHierarchy: { guilds: ['guilds.read'] },
    listener: (auth, calls) => hostFactory()(auth, calls, { gate: { canAccess, allowAnonymous } }),
  })
  return Object.defineProperty({ ...server, roles: [] }, 'roles', {
    set: (roles: readonly string[]) => {
      people.roles = roles
    },
  })
}

const challengeOf = async (server: TestServer, token?: string): Promise<string | null> =>
  (await callMCP(server, token)).headers.get('www-authenticate')

describe('a rule at the gate', () => {
  it('A038 A039 answers a missing scope with 403, every scope and the metadata URL, the same on repeat', async () => {
    const server = await start(requireAll(requireScopes('guilds'), requireScopes('email')))
    const { access_token: token } = await login(server)
    const expected =
      'Bearer error="insufficient_scope", error_description="The access token lacks a required scope", ' +
      `scope="identify guilds email", resource_metadata="${server.origin}/.well-known/oauth-protected-resource/mcp"`
    for (let repeat = 0; repeat < 2; repeat += 1) {
      const answer = await callMCP(server, token)
      expect([outcome(answer), answer.headers.get('www-authenticate')]).toEqual(['403 insufficient_scope', expected])
    }
    expect(server.calls).toEqual([])
  })

  it('A040 counts implied scopes', async () => {
    const server = await start(requireScopes('guilds.read'))
    const { access_token: token } = await login(server, { over: { scope: 'identify guilds' } })
    expect((await callMCP(server, token)).status).toBe(200)
  })

  it('asks who has no token to sign in with the scopes of the rule at once', async () => {
    const server = await start(requireAny(requireScopes('guilds'), requireRole('admin')))
    expect((await callMCP(server)).status).toBe(401)
    expect(await challengeOf(server)).toContain('scope="identify guilds"')
    expect(await challengeOf(server, 'garbage')).toContain('error="invalid_token"')
  })

  it('answers a missing role with 403 without a challenge, and asks again on every request', async () => {
    const server = await start(requireRole('admin'))
    const { access_token: token } = await login(server)
    for (const [roles, expected] of [
      [[], '403 access_denied'],
      [['admin'], '200'],
      [['editor'], '403 access_denied'],
    ] as const) {
      server.roles = roles
      const answer = await callMCP(server, token)
      expect([outcome(answer), answer.headers.get('www-authenticate')]).toEqual([expected, null])
    }
    expect(server.calls).toHaveLength(1)
  })

  it.each<readonly [string, AccessRule<AuthSession>]>([
    ['throws', () => Promise.reject(new Error('the secret of the rule'))],
    ['is empty', requireAll()],
    ['answers something else', (() => 'true') as unknown as AccessRule<AuthSession>],
    ['says no', async () => await Promise.resolve(false)],
  ])('denies when it %s, and says nothing about itself', async (_name, rule) => {
    const server = await start(rule)
    const { access_token: token } = await login(server)
    const answer = await callMCP(server, token)
    expect(outcome(answer)).toBe('403 access_denied')
    expect(answer.json()).toEqual({ error: 'access_denied', error_description: 'This is not for you' })
    expect(JSON.stringify(server.events)).not.toContain('the secret of the rule')
    expect(server.calls).toEqual([])
  })

  it('decides about nobody, where nobody may come in', async () => {
    const open = await start(() => true, true)
    expect((await callMCP(open)).status).toBe(200)
    for (const rule of [requireAuth, requireRole('admin'), not(requireRole('suspended')), not(() => false)]) {
      const server = await start(rule, true)
      expect((await callMCP(server)).status).toBe(401)
      expect(server.calls).toEqual([])
    }
  })
})

describe('guard', () => {
  const rules = [requireScopes('guilds'), requireRole('admin')] as const

  async function ask(server: TestServer, token: string, asked: Parameters<typeof guard>[2]): Promise<unknown> {
    const request = new Request(server.mcpURL, { headers: { authorization: `Bearer ${token}` } })
    const result = await guard(request, server.auth, asked)
    return result instanceof Response ? [result.status, ((await result.json()) as { error?: unknown }).error] : result
  }

  it('is the gate without a framework: the session, or the answer', async () => {
    const server = await start(() => true)
    const { access_token: token } = await login(server, { over: { scope: 'identify guilds' } })
    expect(await ask(server, token, requireScopes('guilds'))).toMatchObject({ token, anonymous: false })
    expect(await ask(server, token, requireScopes('email'))).toEqual([403, 'insufficient_scope'])
    expect(await ask(server, token, rules)).toEqual([403, 'access_denied'])
    server.roles = ['admin']
    expect(await ask(server, token, rules)).toMatchObject({ token, roles: ['admin'] })
    expect(await ask(server, 'garbage', rules)).toEqual([401, 'invalid_token'])
  })

  it('never grants without a rule', async () => {
    const server = await start(() => true)
    const { access_token: token } = await login(server)
    expect(await ask(server, token, [])).toEqual([403, 'access_denied'])
  })
})
