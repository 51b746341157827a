import { OAuthError } from '@mcp-auth/core'
import { expect, it, vi } from 'vitest'
import { createDiscordTools } from '../src/discord-tools.ts'
import type { ToolAnswer } from '../src/mcp/tools.ts'
import { newSession } from './session.ts'

const apiUrl = 'https://discord.example/api/v10'
const never = new AbortController().signal

interface Call {
  readonly url: string
  readonly headers: Headers
}

/** Runs `list_guilds` against answers given in order. */
async function listGuilds(
  answers: readonly (Response | Error)[],
  over = {},
): Promise<{ answer: ToolAnswer; calls: Call[] }> {
  const calls: Call[] = []
  const left = [...answers]
  const tools = createDiscordTools({
    apiUrl,
    headers: { 'User-Agent': 'DiscordBot (https://mcp.example.com, 1)' },
    audit: { counts: new Map() },
    fetch: async (url, init) => {
      calls.push({ url, headers: new Headers(init.headers) })
      const next = left.shift() ?? new Error('one call too many')
      if (next instanceof Error) throw next
      return next
    },
  })
  const tool = tools.find(({ name }) => name === 'list_guilds')
  if (!tool) throw new Error('no such tool')
  return { answer: await tool.run(newSession(over), never), calls }
}

const guilds = [{ id: '1', name: 'Discord Testers', owner: false, icon: null }]

it('asks Discord with the token of the user and passes on what a user would recognise', async () => {
  const { answer, calls } = await listGuilds([Response.json(guilds)])
  expect(JSON.parse(answer.text)).toEqual([{ id: '1', name: 'Discord Testers', owner: false }])
  expect(calls.map(({ url }) => url)).toEqual([`${apiUrl}/users/@me/guilds`])
  expect(calls[0]?.headers.get('authorization')).toBe('Bearer first-token')
  expect(calls[0]?.headers.get('user-agent')).toBe('DiscordBot (https://mcp.example.com, 1)')
})

it('asks once more with a fresh token when Discord refuses the first one', async () => {
  const { answer, calls } = await listGuilds([new Response('{}', { status: 401 }), Response.json(guilds)])
  expect(answer.isError).toBeUndefined()
  expect(calls.map(({ headers }) => headers.get('authorization'))).toEqual([
    'Bearer first-token',
    'Bearer second-token',
  ])
})

it.each([
  ['a second 401', [new Response('secret', { status: 401 }), new Response('secret', { status: 401 })], /sign in again/],
  ['403', [new Response('secret', { status: 403 })], /does not allow/],
  ['429', [new Response('secret', { status: 429 })], /too many requests/],
  ['503', [new Response('secret', { status: 503 })], /cannot answer/],
  ['a page instead of data', [new Response('<html>secret</html>')], /cannot be reached/],
  ['other data', [Response.json([{ secret: true }])], /cannot be reached/],
  ['an endless answer', [new Response('x'.repeat(2 * 1024 * 1024))], /cannot be reached/],
  ['a broken connection', [new TypeError('fetch failed: secret')], /cannot be reached/],
] as const)('says clearly that %s is a failure, in words of its own', async (_, answers, words) => {
  const { answer } = await listGuilds(answers)
  expect(answer).toEqual({ text: expect.stringMatching(words), isError: true })
  expect(answer.text).not.toContain('secret')
})

it('asks to sign in again when the grant has ended, and to wait when Discord is down', async () => {
  const failing = (error: OAuthError) => ({ getUpstreamAccessToken: async () => await Promise.reject(error) })
  const ended = await listGuilds([], failing(new OAuthError('grant_revoked')))
  expect(ended.answer).toEqual({ text: expect.stringContaining('sign in again'), isError: true })
  const down = await listGuilds([], failing(new OAuthError('upstream_unavailable')))
  expect(down.answer).toEqual({ text: expect.stringContaining('try again later'), isError: true })
})

it('gives up when the client does, and after 15 seconds at the latest', async () => {
  const timeout = vi.spyOn(AbortSignal, 'timeout')
  const signals: (AbortSignal | null | undefined)[] = []
  const tools = createDiscordTools({
    apiUrl,
    audit: { counts: new Map() },
    fetch: async (_url, init) => {
      signals.push(init.signal)
      return Response.json([])
    },
  })
  const client = new AbortController()
  await tools[1]?.run(newSession(), client.signal)
  expect(timeout).toHaveBeenCalledWith(15_000)
  client.abort()
  expect(signals[0]?.aborted).toBe(true)
})
