import { expect, it } from 'vitest'
import { type AccessRule, requireAuth, requireRole, requireScopes } from '../../src/access/predicates.ts'
import { OAuthError } from '../../src/errors.ts'
import { guard } from '../../src/handlers/guard.ts'
import { createOAuthProxy } from '../../src/oauth-proxy.ts'
import type { AuthSession } from '../../src/session.ts'
import { testProvider } from '../support/provider.ts'

const auth = createOAuthProxy({
  baseUrl: 'https://mcp.example',
  provider: testProvider,
  secret: Buffer.alloc(32, 1).toString('base64url'),
  now: () => 500,
  authenticate: async ({ headers }) => {
    const header = headers.get('authorization')
    if (header === 'Bearer outage') throw new OAuthError('store_unavailable')
    if (header !== 'Bearer alice') return undefined
    const verified = { subject: 'alice', clientId: 'client', scopes: ['identify'], claims: {}, expiresAt: 1000 }
    return await Promise.resolve({ ...verified, roles: ['member'] })
  },
})

async function ask(
  rules: AccessRule<AuthSession> | readonly AccessRule<AuthSession>[],
  headers: Record<string, string> = { authorization: 'Bearer alice' },
): Promise<unknown> {
  const request = new Request('https://mcp.example/api', { headers: { host: 'mcp.example', ...headers } })
  const passed = await guard(request, auth, rules)
  if (!(passed instanceof Response)) return passed.subject
  const { error } = (await passed.json()) as { error?: string }
  return [passed.status, error, passed.headers.get('www-authenticate')?.match(/scope="[^"]*"/)?.[0]]
}

it('gives the session of a request for which every rule grants', async () => {
  expect(await ask(requireAuth)).toBe('alice')
  expect(await ask([requireScopes('identify'), requireRole('member')])).toBe('alice')
})

it('A038 names the scopes that are missing, unless something else is missing too', async () => {
  expect(await ask(requireScopes('guilds'))).toEqual([403, 'insufficient_scope', 'scope="identify guilds"'])
  expect(await ask([requireScopes('guilds'), requireRole('admin')])).toEqual([403, 'access_denied', undefined])
})

it.each<[string, AccessRule<AuthSession> | readonly AccessRule<AuthSession>[]]>([
  ['no rule at all', []],
  ['a rule that throws', () => Promise.reject(new Error('database'))],
  ['a rule that says no', [requireAuth, () => false]],
])('denies by %s', async (_, rules) => {
  expect(await ask(rules)).toEqual([403, 'access_denied', undefined])
})

it('A028 A029 invites whoever has no token to sign in with the scopes of the rule', async () => {
  expect(await ask(requireScopes('guilds'), {})).toEqual([401, undefined, 'scope="identify guilds"'])
})

it('D9 A035 answers 503 during an outage, and refuses other sites before any rule is asked', async () => {
  expect(await ask(requireAuth, { authorization: 'Bearer outage' })).toEqual([503, expect.any(String), undefined])
  const origin = 'https://evil.example'
  let asked = 0
  const count = (): boolean => (asked += 1) > 0
  expect(await ask(count, { authorization: 'Bearer alice', origin })).toEqual([403, 'invalid_request', undefined])
  expect(asked).toBe(0)
})
