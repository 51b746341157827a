import { createMCPAccess, createOAuthProxy, OAuthError, requireScopes } from '@mcp-auth/core'
import { discord } from '@mcp-auth/provider-discord'
import { describe, expect, it, vi } from 'vitest'
import { testSecret } from '../../../kit/test/servers/support/server.ts'
import { DiscordError, discordErrorCodes } from '../../src/discord/errors.ts'
import { createRestEndpoint, toRefusal } from '../../src/service/rest.ts'
import { createDiscordTools } from '../../src/tools/index.ts'

const read = async (error: unknown): Promise<{ status: number; retryAfter: number; text: string }> => {
  const answer = toRefusal(error)
  return { status: answer.status, retryAfter: Number(answer.headers.get('retry-after')), text: await answer.text() }
}

describe('a failure over REST', () => {
  it.each(discordErrorCodes)('of Discord is no fault of ours and no new login: %s', async (code) => {
    const { status, retryAfter, text } = await read(new DiscordError(code))
    expect(status).toBeGreaterThanOrEqual(400)
    expect([401, 500]).not.toContain(status)
    expect(JSON.parse(text)).toMatchObject({ error: { code, message: expect.stringMatching(/\.$/) } })
    // Whoever is told to come back is told when.
    expect(status !== 503 || retryAfter > 0).toBe(true)
  })

  it.each(['store_unavailable', 'upstream_unavailable', 'internal_error'] as const)(
    'D9 of ours is 503 with Retry-After and no word of the cause: %s',
    async (reason) => {
      const cause = new Error('connect ECONNREFUSED redis://user:password@10.0.0.1')
      const { status, retryAfter, text } = await read(new OAuthError(reason, { cause }))
      expect(status).toBeGreaterThanOrEqual(500)
      expect(status !== 503 || retryAfter > 0).toBe(true)
      expect(text).not.toMatch(/ECONN|redis|password/)
    },
  )

  it('that nobody expected tells nothing, to clients and in the log', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { status, text } = await read(new TypeError('Bot secret-token at /srv/app'))
    expect([status, JSON.parse(text)]).toEqual([500, { error: { code: 'internal_error', message: 'The tool failed' } }])
    expect(log.mock.calls).toEqual([['a tool failed: TypeError']])
  })
})

it('answers with the challenge of the gate when the token was revoked after the gate', async () => {
  const session = { subject: 'alice', clientId: 'bot-token', scopes: ['discord:channels.read'], expiresAt: Infinity }
  let isRevoked = false
  const auth = createOAuthProxy({
    baseUrl: 'https://mcp.example.com',
    provider: discord({ clientId: '157730590492196864', clientSecret: 'secret' }),
    secret: testSecret,
    authenticate: async () => {
      if (isRevoked) throw new OAuthError('grant_revoked')
      return await Promise.resolve({ ...session, claims: {} })
    },
  })
  const tools = createDiscordTools()
  const events: string[] = []
  const access = createMCPAccess(
    { ...auth, report: ({ type }) => void events.push(type) },
    { tools: Object.fromEntries(tools.map(({ name, scopes }) => [name, requireScopes(...scopes)])) },
  )
  const rest = createRestEndpoint({
    auth,
    access,
    tools,
    // As the vault does, which is asked again for the bot token.
    invoke: async () => {
      isRevoked = true
      return await Promise.reject(new OAuthError('grant_revoked'))
    },
  })
  const request = new Request('https://mcp.example.com/mcp/v1/tools/invoke', {
    method: 'POST',
    headers: { host: 'mcp.example.com', authorization: 'Bearer minted', 'content-type': 'application/json' },
    body: '{"method":"get_channel_info"}',
  })
  const passed = await auth.authenticate(request)
  if (passed instanceof Response) throw new Error(`the gate answered ${passed.status}`)
  const answer = await rest(request, passed)
  expect([answer.status, answer.headers.get('www-authenticate'), events]).toEqual([
    401,
    expect.stringMatching(/^Bearer error="invalid_token".*resource_metadata="/),
    ['tool.called'],
  ])
})
