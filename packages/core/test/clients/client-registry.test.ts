import { beforeAll, describe, expect, it } from 'vitest'
import {
  type ClientRegistry,
  type ClientRegistryOptions,
  createClientRegistry,
} from '../../src/clients/client-registry.ts'
import {
  type ClientInformation,
  type RegisteredClient,
  registeredRedirectURI,
} from '../../src/clients/registered-client.ts'
import { createKeyRing, type KeyRing } from '../../src/keys/key-ring.ts'
import type { ClientCredentials } from '../../src/protocol/client-authentication.ts'
import type { ClientMetadata } from '../../src/protocol/client-registration.ts'
import { isRegistrableRedirectURI } from '../../src/protocol/redirect-uri.ts'
import type { Store } from '../../src/store.ts'
import { createSealedStore } from '../../src/stores/sealed-store.ts'
import { createClock } from '../support/clock.ts'
import { refusal } from '../support/refusal.ts'

const issuer = 'https://as.example'
const oldSecret = new Uint8Array(32).fill(1)
const newSecret = new Uint8Array(32).fill(2)
const metadata: ClientMetadata = {
  redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  client_name: 'A name of 20 letters',
}

let ring: KeyRing
let rotated: KeyRing
let replaced: KeyRing
beforeAll(async () => {
  ring = await createKeyRing([oldSecret])
  rotated = await createKeyRing([newSecret, oldSecret])
  replaced = await createKeyRing([newSecret])
})

/** A database that nobody may touch. */
const untouchable: Store = {
  get: async () => await Promise.reject(new Error('get')),
  set: async () => await Promise.reject(new Error('set')),
  delete: async () => await Promise.reject(new Error('delete')),
  take: async () => await Promise.reject(new Error('take')),
  compareAndSwap: async () => await Promise.reject(new Error('compareAndSwap')),
}

function registry(over: Partial<ClientRegistryOptions> = {}): ClientRegistry {
  return createClientRegistry({
    issuer,
    keys: async () => ring,
    store: createSealedStore(untouchable, async () => ring),
    lifetime: 1000,
    now: () => 1_700_000_000.9,
    preregistered: [],
    documents: { enabled: false, canFetch: () => true, find: async () => undefined, keys: async () => ({ keys: [] }) },
    assertionAudiences: [issuer],
    isAllowedRedirectURI: isRegistrableRedirectURI,
    isSafeRedirectURI: isRegistrableRedirectURI,
    isDenied: () => false,
    ...over,
  })
}

function credentials(clientId: string, ...secrets: (string | undefined)[]): ClientCredentials {
  const given = secrets.filter((secret) => secret !== undefined)
  return { clientId, secrets: given, method: given.length > 0 ? 'client_secret_post' : 'none' }
}

describe('registering', () => {
  it('A081 A082 answers with id, time, secret, its end, and the metadata in force', async () => {
    expect(await registry().register(metadata)).toEqual({
      ...metadata,
      client_id: expect.stringMatching(/^dcr_[\w-]+$/),
      client_id_issued_at: 1_700_000_000,
      client_secret: expect.stringMatching(/^[\w-]{43}$/),
      client_secret_expires_at: 1_700_001_000,
    })
  })

  it.each(['none', 'private_key_jwt'] as const)(
    'A082 gives no secret to a client that authenticates by %s',
    async (method) => {
      const client = await registry().register({ ...metadata, token_endpoint_auth_method: method })
      expect(client).not.toHaveProperty('client_secret')
      expect(client).not.toHaveProperty('client_secret_expires_at')
    },
  )

  it.each([
    ['https', 'https://claude.ai/api/mcp/auth_callback'],
    ['a loopback port', 'http://127.0.0.1:32767/callback'],
    ['a private-use scheme', 'cursor://anysphere.cursor-mcp/oauth/callback'],
    ['a long path', 'https://chatgpt.com/connector/oauth/0123456789abcdef0123456789abcdef'],
  ])('keeps an id within 400 characters for one redirect URI with %s and a name of 20', async (_name, redirectURI) => {
    const { client_id } = await registry().register({ ...metadata, redirect_uris: [redirectURI] })
    expect(client_id.length).toBeLessThanOrEqual(400)
  })

  it('refuses a registration whose id would be longer than 2048 characters, and says what to shorten', async () => {
    const uris = (length: number): ClientMetadata => ({
      ...metadata,
      redirect_uris: [`https://app.example/${'a'.repeat(length)}`],
    })
    const longest = await registry().register(uris(1300))
    expect(longest.client_id.length).toBeLessThanOrEqual(2048)
    await expect(registry().find(longest.client_id)).resolves.toBeDefined()
    await expect(registry().register(uris(1500))).rejects.toThrow(refusal('client_metadata_too_long'))
    await expect(registry().register(uris(1500))).rejects.toThrow(/shorter redirect_uris and a shorter client_name/)
  })

  it('A082 D3 gives the same client another id and secret each time, and stores nothing', async () => {
    const clients = await Promise.all(Array.from({ length: 100 }, async () => await registry().register(metadata)))
    expect(new Set(clients.map((client) => client.client_id)).size).toBe(100)
    expect(new Set(clients.map((client) => client.client_secret)).size).toBe(100)
  })

  it('A009 hides the metadata in the id: it is not for every log', async () => {
    const { client_id } = await registry().register(metadata)
    expect(Buffer.from(client_id.slice(4), 'base64url').toString('latin1')).not.toMatch(/claude|letters/)
  })
})

describe('finding a client by its id', () => {
  it.each<readonly [string, Partial<ClientMetadata>]>([
    ['with a secret', {}],
    ['without a secret', { token_endpoint_auth_method: 'none' }],
    ['with the secret in the body', { token_endpoint_auth_method: 'client_secret_post' }],
    ['without refresh tokens', { grant_types: ['authorization_code'] }],
    ['with every member', { client_uri: 'https://app.example', application_type: 'native' }],
    ['with ten redirect URIs', { redirect_uris: Array.from({ length: 10 }, (_, i) => `https://app.example/${i}`) }],
    ['with keys', { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://app.example/jwks' }],
    ['with a name beyond ASCII', { client_name: 'N\u00e9lly \u{1f600}' }],
  ])('gives back what was registered, %s', async (_name, over) => {
    const registered = { ...metadata, ...over }
    const { client_id } = await registry().register(registered)
    expect(await registry().find(client_id)).toEqual({ client_id, origin: 'dynamic', metadata: registered })
  })

  it('A001 knows no id that was changed in any place', async () => {
    const { client_id } = await registry().register(metadata)
    for (let at = 0; at < client_id.length; at += 1) {
      const changed = client_id.slice(0, at) + (client_id[at] === 'A' ? 'B' : 'A') + client_id.slice(at + 1)
      expect(await registry().find(changed)).toBeUndefined()
    }
    for (const changed of [
      client_id.slice(0, -1),
      `${client_id}A`,
      client_id.slice(4),
      `${client_id} `,
      client_id.toUpperCase(),
    ]) {
      expect(await registry().find(changed)).toBeUndefined()
    }
  })

  it.each([
    '',
    'dcr_',
    'dcr_AQ',
    'unknown',
    '__proto__',
    'constructor',
    `dcr_${'A'.repeat(2045)}`,
    'a'.repeat(1_000_000),
  ])('A001 D7 knows no invented id', async (clientId) => {
    expect(await registry().find(clientId)).toBeUndefined()
  })

  it.each(['https://other.example', 'https://as.example/', 'https://AS.example'])(
    'A018 knows no id of the issuer %s',
    async (other) => {
      const { client_id, client_secret } = await registry({ issuer: other }).register(metadata)
      expect(await registry().find(client_id)).toBeUndefined()
      await expect(registry().authenticate(credentials(client_id, client_secret))).rejects.toThrow(
        refusal('client_unknown'),
      )
    },
  )

  it('A086 knows an id until its lifetime is over', async () => {
    const { now, advance } = createClock()
    const clients = registry({ now })
    const { client_id } = await clients.register(metadata)
    advance(999)
    expect(await clients.find(client_id)).toBeDefined()
    advance(1)
    expect(await clients.find(client_id)).toBeUndefined()
  })

  it('A8 asks the policy again: a redirect URI that is no longer allowed is gone, and with the last one the client', async () => {
    const redirect_uris = ['https://app.example/cb', 'http://localhost:8787/callback']
    const { client_id, client_secret } = await registry().register({ ...metadata, redirect_uris })
    const shrunk = registry({ isAllowedRedirectURI: (uri) => uri.startsWith('https:') })
    expect((await shrunk.find(client_id))?.metadata.redirect_uris).toEqual(['https://app.example/cb'])
    const closed = registry({ isAllowedRedirectURI: () => false })
    expect(await closed.find(client_id)).toBeUndefined()
    await expect(closed.authenticate(credentials(client_id, client_secret))).rejects.toThrow(refusal('client_unknown'))
  })

  it('ends a client that the operator denies, and only that one', async () => {
    const [denied, other] = [await registry().register(metadata), await registry().register(metadata)]
    const clients = registry({ isDenied: async (clientId) => clientId === denied.client_id })
    expect(await clients.find(denied.client_id)).toBeUndefined()
    expect(await clients.isDenied(denied.client_id)).toBe(true)
    await expect(clients.authenticate(credentials(denied.client_id, denied.client_secret))).rejects.toThrow(
      refusal('client_unknown'),
    )
    expect(await clients.find(other.client_id)).toBeDefined()
  })

  it('keeps ids and secrets through a rotation of the root secret, for as long as the old one is in the ring', async () => {
    const { client_id, client_secret } = await registry().register(metadata)
    const shown = credentials(client_id, client_secret)
    await expect(registry({ keys: async () => rotated }).authenticate(shown)).resolves.toMatchObject({ client_id })
    await expect(registry({ keys: async () => replaced }).authenticate(shown)).rejects.toThrow(
      refusal('client_unknown'),
    )
  })

  it('keeps what was registered during a rotation when the old secret is taken away', async () => {
    const { client_id, client_secret } = await registry({ keys: async () => rotated }).register(metadata)
    const shown = credentials(client_id, client_secret)
    await expect(registry({ keys: async () => replaced }).authenticate(shown)).resolves.toMatchObject({ client_id })
  })
})

describe('authenticating a client', () => {
  const clients = (): ClientRegistry =>
    registry({
      preregistered: [
        { client_id: 'manual', client_secret: 'a-secret-of-the-operator', redirect_uris: ['https://app.example/cb'] },
        { client_id: 'open', redirect_uris: ['https://app.example/cb'] },
      ],
    })
  let confidential: ClientInformation
  let open: ClientInformation
  let other: ClientInformation
  beforeAll(async () => {
    confidential = await registry().register(metadata)
    other = await registry().register(metadata)
    open = await registry().register({ ...metadata, token_endpoint_auth_method: 'none' })
  })

  it.each<readonly [string, () => ClientCredentials]>([
    ['its derived secret', () => credentials(confidential.client_id, confidential.client_secret)],
    [
      'one of several readings of its secret',
      () => credentials(confidential.client_id, 'raw', confidential.client_secret),
    ],
    ['nothing, when it is public', () => credentials(open.client_id)],
    ['the secret the operator gave it', () => credentials('manual', 'a-secret-of-the-operator')],
    ['nothing, when the operator gave it no secret', () => credentials('open')],
  ])('A043 A044 accepts %s', async (_name, shown) => {
    await expect(clients().authenticate(shown())).resolves.toMatchObject({ client_id: shown().clientId })
  })

  it.each<readonly [string, () => ClientCredentials]>([
    ['no secret', () => credentials(confidential.client_id)],
    ['an empty secret', () => credentials(confidential.client_id, '')],
    ['another secret', () => credentials(confidential.client_id, 'x'.repeat(43))],
    [
      'a secret that lacks its end',
      () => credentials(confidential.client_id, confidential.client_secret?.slice(0, -1)),
    ],
    ['a secret with one character more', () => credentials(confidential.client_id, `${confidential.client_secret}A`)],
    ['the secret of another client', () => credentials(confidential.client_id, other.client_secret)],
    ['its own id for a secret', () => credentials(confidential.client_id, confidential.client_id)],
    ['a secret though it is public', () => credentials(open.client_id, 'x'.repeat(43))],
    ['a secret derived for a public client', () => credentials(open.client_id, confidential.client_secret)],
    ['another secret than the operator gave it', () => credentials('manual', 'a-secret-of-the-operatoR')],
    ['no secret though the operator gave it one', () => credentials('manual')],
    ['a secret though the operator gave it none', () => credentials('open', 'undefined')],
    [
      'an assertion though it has a secret',
      () => ({ ...credentials(confidential.client_id), assertion: 'a.b.c', method: 'private_key_jwt' }),
    ],
    [
      'an assertion though it is public',
      () => ({ ...credentials(open.client_id), assertion: 'a.b.c', method: 'private_key_jwt' }),
    ],
  ])('A045 refuses %s', async (_name, shown) => {
    await expect(clients().authenticate(shown())).rejects.toThrow(refusal('client_authentication'))
  })

  it('A045 refuses a client it does not know', async () => {
    await expect(clients().authenticate(credentials('unknown', 'x'))).rejects.toThrow(refusal('client_unknown'))
  })
})

describe('a client that the operator registered', () => {
  it('A8 is vouched for, and not bound by the policy for strangers', async () => {
    const given = { client_id: 'manual', redirect_uris: ['https://app.example/cb'], client_name: 'Evil\u202e App' }
    const clients = registry({ preregistered: [given], isAllowedRedirectURI: () => false })
    expect(await clients.find('manual')).toEqual({
      client_id: 'manual',
      origin: 'preregistered',
      metadata: {
        redirect_uris: ['https://app.example/cb'],
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        client_name: 'Evil App',
      },
    })
  })
})

describe('the redirect URI a request means', () => {
  const client = (...redirect_uris: string[]): RegisteredClient => ({
    client_id: 'a',
    origin: 'dynamic',
    metadata: { ...metadata, redirect_uris },
  })

  it.each([
    ['the only one when it names none', ['https://app.example/cb'], undefined, 'https://app.example/cb'],
    ['none when it names none of two', ['https://app.example/a', 'https://app.example/b'], undefined, undefined],
    [
      'the one it names',
      ['https://app.example/a', 'https://app.example/b'],
      'https://app.example/b',
      'https://app.example/b',
    ],
    ['none when it names another', ['https://app.example/cb'], 'https://evil.example/cb', undefined],
    ['none when it names a longer one', ['https://app.example/cb'], 'https://app.example/cb/more', undefined],
    ['its own loopback port', ['http://localhost/cb'], 'http://localhost:1234/cb', 'http://localhost:1234/cb'],
    ['none at a port that is no port', ['http://localhost/cb'], 'http://localhost:99999/cb', undefined],
  ])('A001 A003 is %s', (_name, registered, requested, expected) => {
    expect(registeredRedirectURI(client(...registered), requested)).toBe(expected)
  })
})
