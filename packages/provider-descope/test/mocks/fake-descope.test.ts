import { createFakeDescope, descopeHandlers, type FakeDescopeFault, leakMarker } from '@mcp-auth/provider-descope/mocks'
import { setupServer } from 'msw/node'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { resource } from './client.ts'

describe('descopeHandlers', () => {
  const fake = createFakeDescope()
  const server = setupServer(...descopeHandlers(fake))
  afterEach(() => server.close())

  it('answers for the host of the fake, and leaves every other request to be refused', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    server.listen({ onUnhandledFrame: 'error' })
    const metadata = await fetch(fake.configUrl)
    expect(await metadata.json()).toMatchObject({ issuer: fake.configUrl.replace(/\/\.well-known.*/, '') })
    await expect(fetch('https://api.descope.example/')).rejects.toMatchObject({ cause: { name: 'InternalError' } })
  })
})

describe('places', () => {
  const fake = createFakeDescope()
  const project = `/v1/apps/${fake.projectId}`
  const status = async (path: string): Promise<number> => (await fake.fetch(new Request(fake.baseUrl + path))).status

  it.each([
    [`${project}/.well-known/openid-configuration`, 200],
    [`${project}/.well-known/oauth-authorization-server`, 200],
    [`/v1/apps/agentic/${fake.projectId}/${fake.serverId}/.well-known/oauth-authorization-server`, 200],
    [`/${fake.projectId}/.well-known/jwks.json`, 200],
    [`/v2/keys/${fake.projectId}`, 200],
    // Clients that only look where RFC 8414 says find nothing.
    [`/.well-known/oauth-authorization-server/v1/apps/agentic/${fake.projectId}/${fake.serverId}`, 401],
    ['/.well-known/openid-configuration', 401],
    [`/v1/apps/agentic/${fake.projectId}/MS2Other/.well-known/openid-configuration`, 404],
    ['/v1/apps/P2Other/.well-known/openid-configuration', 404],
    ['/P2Other/.well-known/jwks.json', 404],
    ['/', 404],
  ])('%s answers %i', async (path, expected) => {
    expect(await status(path)).toBe(expected)
  })

  it('publishes public members of its keys only, the newest first', async () => {
    fake.rotateKeys()
    const answer = await fake.fetch(new Request(fake.jwksURI))
    const { keys } = (await answer.json()) as { keys: Record<string, unknown>[] }
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([
      ['alg', 'e', 'kid', 'kty', 'n', 'use'],
      ['alg', 'e', 'kid', 'kty', 'n', 'use'],
    ])
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(2)
  })
})

describe('faults', () => {
  const ask = async (fake: ReturnType<typeof createFakeDescope>): Promise<Response> =>
    await fake.fetch(new Request(fake.jwksURI))

  it.each([
    ['400', 400],
    ['401', 401],
    ['404', 404],
    ['429', 429],
    ['500', 500],
    ['503', 503],
    ['lost', 502],
    ['html', 200],
    ['garbage', 200],
  ] as const satisfies readonly (readonly [FakeDescopeFault, number])[])(
    '%s answers %i once, with the mark of a leak',
    async (fault, status) => {
      const fake = createFakeDescope()
      fake.fail('keys', fault, 1)
      const [first, second] = [await ask(fake), await ask(fake)]
      expect([first.status, second.status]).toEqual([status, 200])
      expect(await first.text()).toContain(leakMarker)
    },
  )

  it('hangs until it is released or given up', async () => {
    const fake = createFakeDescope()
    fake.fail('*', 'hang')
    const abort = new AbortController()
    const hanging = [ask(fake), fake.fetch(new Request(fake.jwksURI, { signal: abort.signal }))]
    await expect.poll(() => fake.requestsTo('keys')).toHaveLength(2)
    abort.abort()
    expect((await hanging[1])?.status).toBe(504)
    fake.release()
    expect((await hanging[0])?.status).toBe(200)
    fake.recover()
    expect((await ask(fake)).status).toBe(200)
  })

  it('answers as a function says, and waits where it is told to', async () => {
    const fake = createFakeDescope()
    const seen: string[] = []
    fake.settings.latency = ({ endpoint }) => void seen.push(endpoint)
    fake.fail('keys', () => new Response('mine', { status: 418 }), 1)
    expect(await (await ask(fake)).text()).toBe('mine')
    expect(seen).toEqual(['keys'])
  })

  it('keeps no requests and no secrets when it is told not to', async () => {
    const fake = createFakeDescope({ record: false })
    await ask(fake)
    await fake.mint(resource)
    expect([fake.requests, fake.secrets]).toEqual([[], []])
  })
})
