/** Limits on what strangers can cause: A086, D3, D4. */
import { createTokenBuckets, type RateLimit, type RateLimitRequest } from '@mcp-auth/express'
import { describe, expect, it } from 'vitest'
import { outcome } from './support/answers.ts'
import { type Answer, type SendOptions, send } from './support/browser.ts'
import { callMCP, login, redirectURI, refresh } from './support/client.ts'
import type { TestServer } from './support/server.ts'
import { createSecureServer, startServer } from './support/start.ts'

/** Registers a client from an address of this machine. */
async function registerFrom(server: TestServer, localAddress: string, over: SendOptions = {}): Promise<Answer> {
  return await send(`${server.origin}/register`, {
    method: 'POST',
    localAddress,
    body: JSON.stringify({ redirect_uris: [redirectURI], token_endpoint_auth_method: 'none' }),
    ...over,
    headers: { 'content-type': 'application/json', ...over.headers },
  })
}

/** How many of so many registrations from one address are accepted. */
async function flood(server: TestServer, localAddress: string, count: number, over: SendOptions = {}): Promise<number> {
  const answers = await Promise.all(
    Array.from({ length: count }, async () => await registerFrom(server, localAddress, over)),
  )
  return answers.filter((answer) => answer.status === 201).length
}

describe('registrations', () => {
  it('A086 D3 are limited by the address they come from, with the time to wait, and nobody else is the worse for it', async () => {
    const server = await startServer()
    expect(await flood(server, '127.0.0.11', 210)).toBe(200)
    const refused = await registerFrom(server, '127.0.0.11')
    expect(outcome(refused)).toBe('429 temporarily_unavailable')
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(refused.headers.get('access-control-expose-headers')).toContain('Retry-After')
    expect((await registerFrom(server, '127.0.0.12')).status).toBe(201)
    server.clock.advance(10)
    expect(await flood(server, '127.0.0.11', 12)).toBe(10)
  })

  it.each([
    ['X-Forwarded-For', '203.0.113.1'],
    ['Forwarded', 'for=203.0.113.1'],
    ['X-Real-IP', '203.0.113.1'],
    ['CF-Connecting-IP', '203.0.113.1'],
    ['True-Client-IP', '203.0.113.1'],
  ])('D3 D4 are not told apart by what a client says about its address: %s', async (name, value) => {
    const keys: string[] = []
    const server = await startServer({ rateLimit: ({ key }) => void keys.push(key) })
    await registerFrom(server, '127.0.0.11', { headers: { [name]: value } })
    expect(keys).toEqual(['source 127.0.0.11'])
  })

  it.each([
    ['their content', '{'],
    ['their redirect URIs', '{"redirect_uris":["javascript:x"]}'],
  ])('A086 that are refused for %s count as well', async (_name, body) => {
    let count = 0
    const server = await startServer({ rateLimit: () => void (count += 1) })
    expect((await registerFrom(server, '127.0.0.11', { body })).status).toBe(400)
    expect(count).toBe(1)
  })

  it('A086 that are too many are refused before anything of them is read', async () => {
    const server = await startServer({ rateLimit: () => 7 })
    expect(outcome(await registerFrom(server, '127.0.0.11', { body: 'x'.repeat(200_000) }))).toBe(
      '429 temporarily_unavailable',
    )
    expect(server.events).toMatchObject([{ type: 'request.refused', reason: 'rate_limited', endpoint: 'registration' }])
  })

  it('A086 are counted, and nothing that a client does that is registered', async () => {
    const works: string[] = []
    const server = await startServer({ rateLimit: ({ work }) => void works.push(work) })
    const tokens = await login(server)
    await refresh(server, tokens.client, tokens.refresh_token)
    await callMCP(server, tokens.access_token)
    expect(works).toEqual(['registration'])
  })

  it('A086 come as they come where nobody knows the address', async () => {
    const server = createSecureServer({ rateLimit: () => 1 })
    const answer = await server.send(`${server.origin}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: [redirectURI] }),
    })
    expect(answer.status).toBe(201)
  })
})

describe('a limit of your own', () => {
  it.each<[string, (count: number) => ReturnType<RateLimit>]>([
    ['at once', (count) => (count > 2 ? 90 : undefined)],
    ['after a while', async (count) => await Promise.resolve(count > 2 ? 89.2 : undefined)],
  ])('A086 decides %s', async (_name, decide) => {
    const requests: RateLimitRequest[] = []
    const server = await startServer({
      rateLimit: (request) => {
        requests.push(request)
        return decide(requests.length)
      },
    })
    const answers = [await registerFrom(server, '127.0.0.11'), await registerFrom(server, '127.0.0.11')]
    const refused = await registerFrom(server, '127.0.0.11')
    expect([...answers, refused].map((answer) => answer.status)).toEqual([201, 201, 429])
    expect(refused.headers.get('retry-after')).toBe('90')
    expect(requests).toEqual(Array.from({ length: 3 }, () => ({ work: 'registration', key: 'source 127.0.0.11' })))
  })

  it('A112 A086 that fails lets nobody through, and its words stay inside', async () => {
    const server = await startServer({
      rateLimit: async () => await Promise.reject(new Error('counter.internal:6379')),
    })
    const answer = await registerFrom(server, '127.0.0.11')
    expect([answer.status, answer.text.includes('counter.internal')]).toEqual([500, false])
  })

  it('A086 may be ours with an exception', async () => {
    const now = 1_700_000_000
    const ours = createTokenBuckets(() => now)
    for (let i = 0; i < 199; i += 1) void ours({ work: 'registration', key: 'source 127.0.0.11' })
    const server = await startServer({
      rateLimit: (request) => (request.key === 'source 127.0.0.12' ? undefined : ours(request)),
    })
    expect(await flood(server, '127.0.0.12', 3)).toBe(3)
    expect(await flood(server, '127.0.0.11', 3)).toBe(1)
  })
})
