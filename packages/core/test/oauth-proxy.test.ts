import { describe, expect, it } from 'vitest'
import type { AuthEvent } from '../src/events.ts'
import { createOAuthProxy, type OAuthProxy } from '../src/oauth-proxy.ts'
import type { OAuthProxyOptions } from '../src/oauth-proxy-options.ts'
import { createMemoryStore } from '../src/stores/memory-store.ts'
import { testProvider } from './support/provider.ts'
import { misconfiguration } from './support/refusal.ts'

const secret = Buffer.alloc(32, 1).toString('base64url')
const otherSecret = Buffer.alloc(32, 2).toString('base64url')
const client = {
  client_id: 'manual',
  client_secret: 'a-secret-of-the-operator',
  redirect_uris: ['https://app.example/cb'],
}

function create(over: Partial<OAuthProxyOptions> = {}): OAuthProxy {
  return createOAuthProxy({ baseUrl: 'https://mcp.example', provider: testProvider, secret, ...over })
}

async function keyIds(auth: OAuthProxy): Promise<unknown[]> {
  const response = await auth.fetch(new Request('https://mcp.example/jwks'))
  const { keys }: { keys: { kid: unknown }[] } = JSON.parse((await response?.text()) ?? '')
  return keys.map(({ kid }) => kid)
}

describe('options that cannot work', () => {
  it.each<readonly [string, Partial<OAuthProxyOptions>, string, string]>([
    ['A061 http on a real host', { baseUrl: 'http://mcp.example' }, 'baseUrl', 'https'],
    ['A061 http on a host that begins like loopback', { baseUrl: 'http://127.0.0.1.evil.example' }, 'baseUrl', 'https'],
    ['A061 http on a private address', { baseUrl: 'http://192.168.0.1:8000' }, 'baseUrl', 'https'],
    ['A061 another scheme', { baseUrl: 'ftp://mcp.example' }, 'baseUrl', 'https'],
    ['A061 a query', { baseUrl: 'https://mcp.example/?a=b' }, 'baseUrl', 'query'],
    ['A061 an empty query', { baseUrl: 'https://mcp.example/?' }, 'baseUrl', 'query'],
    ['A061 a fragment', { baseUrl: 'https://mcp.example/#a' }, 'baseUrl', 'fragment'],
    ['A061 user information', { baseUrl: 'https://user@mcp.example' }, 'baseUrl', 'absolute URL'],
    ['A061 no scheme', { baseUrl: 'mcp.example' }, 'baseUrl', 'absolute URL'],
    ['A061 nothing', { baseUrl: '' }, 'baseUrl', 'absolute URL'],
    ['A061 a dot segment', { baseUrl: 'https://mcp.example/a/../b' }, 'baseUrl', 'absolute URL'],
    ['B6 a command', { baseUrl: 'https://mcp.example/$(id)' }, 'baseUrl', 'letters'],
    ['B6 an apostrophe', { baseUrl: "https://mcp.example/it's" }, 'baseUrl', 'letters'],
    ['A061 an http resource', { resource: 'http://mcp.example/mcp' }, 'resource', 'https'],
    ['A053 a resource with a fragment', { resource: 'https://mcp.example/mcp#a' }, 'resource', 'fragment'],
    ['A053 a resource with a query', { resource: 'https://mcp.example/mcp?a=b' }, 'resource', 'query'],
    ['A053 a relative resource', { resource: '/mcp' }, 'resource', 'absolute URL'],
    ['B6 a resource with a command', { resource: 'https://mcp.example/`id`' }, 'resource', 'absolute URL'],
    [
      'A053 one more resource over http',
      { otherResources: [{ resource: 'http://mcp.example/b' }] },
      'otherResources',
      'https',
    ],
    [
      'A012 the same resource twice',
      { otherResources: [{ resource: 'https://mcp.example/mcp' }] },
      'otherResources',
      'same',
    ],
    [
      'A012 the same resource with a slash',
      { otherResources: [{ resource: 'https://mcp.example/mcp/' }] },
      'otherResources',
      'same',
    ],
    [
      'a resource with an unknown scope',
      { otherResources: [{ resource: 'https://mcp.example/b', scopes: ['x'] }] },
      'otherResources',
      'x',
    ],
    ['an unknown default scope', { defaultScopes: ['identify', 'email'] }, 'defaultScopes', 'email'],
    ['a default scope that is two', { defaultScopes: ['identify guilds'] }, 'defaultScopes', 'identify guilds'],
    ['no default scope', { defaultScopes: [] }, 'defaultScopes', 'at least one'],
    ['a scope with a space', { serverScopes: ['tools read'] }, 'serverScopes', 'tools read'],
    ['a scope with a quotation mark', { serverScopes: ['tools"'] }, 'serverScopes', 'is not a scope'],
    ['an empty scope', { serverScopes: [''] }, 'serverScopes', 'is not a scope'],
    ['no secret with a store of your own', { secret: undefined, store: createMemoryStore() }, 'secret', 'required'],
    ['a short secret', { secret: 'short' }, 'secret', '32 random bytes'],
    ['an empty secret', { secret: '' }, 'secret', '32 random bytes'],
    ['a secret twice', { secret: [secret, secret] }, 'secret', 'twice'],
    ['no secret in a ring', { secret: [] }, 'secret', 'at least one'],
    [
      'a public signing key',
      { signingKeys: [{ kty: 'OKP', crv: 'Ed25519', x: 'AA', alg: 'EdDSA' }] },
      'signingKeys',
      'private',
    ],
    ['D11 a code that lives for a year', { lifetimes: { code: 31_536_000 } }, 'lifetimes.code', 'from 1 to 600'],
    ['D11 a grace below zero', { lifetimes: { refreshGrace: -1 } }, 'lifetimes.refreshGrace', 'from 0 to 300'],
    ['A099 no timeout', { upstreamTimeoutSeconds: 0 }, 'upstreamTimeoutSeconds', '60'],
    ['A099 a timeout of an hour', { upstreamTimeoutSeconds: 3600 }, 'upstreamTimeoutSeconds', '60'],
    ['A099 a timeout that is no number', { upstreamTimeoutSeconds: Number.NaN }, 'upstreamTimeoutSeconds', '60'],
    ['a client without an id', { clients: [{ ...client, client_id: '' }] }, 'clients', 'client_id'],
    ['a client with an id like ours', { clients: [{ ...client, client_id: 'dcr_x' }] }, 'clients', 'dcr_'],
    ['two clients with the same id', { clients: [client, { ...client, client_name: 'B' }] }, 'clients', 'manual'],
    ['a client without a redirect URI', { clients: [{ ...client, redirect_uris: [] }] }, 'clients', 'redirect URI'],
    [
      'A083 a client with a script to be called back at',
      { clients: [{ ...client, redirect_uris: ['javascript:alert(1)'] }] },
      'clients',
      'javascript',
    ],
    [
      'A083 a client to be called back over http',
      { clients: [{ ...client, redirect_uris: ['http://app.example/cb'] }] },
      'clients',
      'app.example',
    ],
    [
      'a client with an unknown auth method',
      { clients: [{ ...client, token_endpoint_auth_method: 'magic' }] },
      'clients',
      'client_secret_basic',
    ],
    [
      'a public client with a secret',
      { clients: [{ ...client, token_endpoint_auth_method: 'none' }] },
      'clients',
      'client_secret',
    ],
    [
      'a confidential client without a secret',
      {
        clients: [
          { client_id: 'a', redirect_uris: client.redirect_uris, token_endpoint_auth_method: 'client_secret_post' },
        ],
      },
      'clients',
      'client_secret',
    ],
    [
      'a client with a short secret',
      { clients: [{ ...client, client_secret: 'too-short-by-1!' }] },
      'clients',
      '16 characters',
    ],
    [
      'a client without the keys it needs',
      {
        clients: [
          { client_id: 'a', redirect_uris: client.redirect_uris, token_endpoint_auth_method: 'private_key_jwt' },
        ],
      },
      'clients',
      'jwks',
    ],
    ['a header with a blank', { allowedHeaders: ['x api-key'] }, 'allowedHeaders', 'names of headers'],
    ['a list of headers in one', { allowedHeaders: ['a, b'] }, 'allowedHeaders', 'names of headers'],
    ['a header that is no list', { allowedHeaders: 'x-api-key' as never }, 'allowedHeaders', 'list'],
  ])('are refused at the start: %s', (_name, over, option, message) => {
    expect(() => create(over)).toThrow(misconfiguration(option, message))
  })

  it.each([
    ['secret', { secret: 'hunter2-hunter2-hunter2' }],
    ['clients', { clients: [{ ...client, client_secret: 'hunter2' }] }],
  ] as const)('D8 are named without the secret in them: %s', (_name, over) => {
    expect(() => create(over)).toThrow(
      expect.toSatisfy((error: Error) => !`${error.stack}${JSON.stringify(error)}`.includes('hunter2')),
    )
  })
})

describe('options that work', () => {
  it.each([
    'https://mcp.example',
    'https://mcp.example/',
    'https://MCP.example',
    'https://mcp.example:8443/team-a',
    'http://127.0.0.1:8000',
    'http://localhost:8000/',
    'http://[::1]:8000',
  ])('A055 A057 A061 publish the issuer %s byte for byte, and its endpoints below it', (baseUrl) => {
    const { authorizationServer, protectedResource } = create({ baseUrl }).metadata
    const base = baseUrl.replace(/\/$/, '')
    expect(authorizationServer).toMatchObject({ issuer: baseUrl, token_endpoint: `${base}/token` })
    expect(protectedResource).toMatchObject({ resource: `${base}/mcp`, authorization_servers: [baseUrl] })
  })

  it('A042 A056 publish the scopes of the provider, of the server and offline_access, each once', () => {
    const { metadata } = create({ serverScopes: ['tools:read', 'guilds'] })
    expect(metadata.authorizationServer.scopes_supported).toEqual([
      'identify',
      'guilds',
      'tools:read',
      'offline_access',
    ])
    expect(metadata.protectedResource.scopes_supported).toEqual(['identify'])
  })

  it('say when there is no secret, and then use another one each time', async () => {
    const events: AuthEvent[] = []
    const options = { secret: undefined, onEvent: (event: AuthEvent) => events.push(event), now: () => 1000 }
    const [one, other] = [create(options), create(options)]
    const warning = { type: 'configuration.warning', time: 1_000_000, message: expect.stringContaining('secret') }
    expect(events).toEqual([warning, warning])
    expect(await keyIds(one)).not.toEqual(await keyIds(other))
  })

  it('survive a listener that throws', () => {
    const onEvent = (): never => {
      throw new Error('disk full')
    }
    expect(() => create({ secret: undefined, onEvent })).not.toThrow()
  })

  it('A063 publish the key of every secret of the ring, the signing one first', async () => {
    const [old] = await keyIds(create())
    const [current] = await keyIds(create({ secret: otherSecret }))
    expect(await keyIds(create({ secret: [otherSecret, secret] }))).toEqual([current, old])
    expect(await keyIds(create({ secret: `${otherSecret},${secret}` }))).toEqual([current, old])
  })

  it('leave every path alone that is not theirs', async () => {
    const auth = create({ baseUrl: 'https://mcp.example/team-a' })
    for (const path of ['/', '/mcp', '/token', '/team-a/mcp', '/team-a/token/', '/TEAM-A/token']) {
      expect(await auth.fetch(new Request(`https://mcp.example${path}`))).toBeUndefined()
    }
    expect((await auth.fetch(new Request('https://mcp.example/team-a/token')))?.status).toBe(405)
  })
})
