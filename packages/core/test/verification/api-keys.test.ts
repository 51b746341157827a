import { createHash } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { platform } from '#platform'
import { OAuthError } from '../../src/errors.ts'
import type { RequestHead } from '../../src/handlers/request-head.ts'
import { createRemoteOAuth, type RemoteOAuth } from '../../src/remote-oauth.ts'
import type { APIKey } from '../../src/verification/api-key.ts'
import { type APIKeysOptions, apiKeys, hashAPIKey } from '../../src/verification/api-keys.ts'
import { jwtVerifier } from '../../src/verification/jwt-verifier.ts'
import type { VerifiedToken } from '../../src/verifier.ts'
import { misconfiguration, refusal } from '../support/refusal.ts'
import { twins, withPlatform } from '../support/twins.ts'
import { createIdP, type IdP, issuer, newKey } from './support/idp.ts'

const invalid = refusal('token_invalid')
const job: APIKey = { subject: 'job', dangerouslyPlainKey: 'acme_job-1234567890', scopes: ['read'], roles: ['robot'] }

function head(headers: Readonly<Record<string, string>>): RequestHead {
  const all = new Headers(headers)
  return { method: 'POST', url: 'https://mcp.example/mcp', headers: { get: (name) => all.get(name) } }
}

async function ask(
  options: APIKeysOptions,
  headers: Readonly<Record<string, string>>,
): Promise<VerifiedToken | undefined> {
  return await apiKeys(options)(head(headers))
}

const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` })

describe('apiKeys', () => {
  it('knows who calls by the hash of the key, in small letters or capitals', async () => {
    const key = 'acme_0123456789abcdef'
    const hash = createHash('sha256').update(key).digest('hex')
    const entry = {
      subject: 'job',
      clientId: 'cron',
      scopes: ['read'],
      roles: ['robot'],
      username: 'Job',
      expiresAt: 9e9,
    }
    for (const written of [hash, hash.toUpperCase()]) {
      expect(await ask({ keys: [{ ...entry, hash: written }] }, bearer(key))).toEqual({
        ...entry,
        subject: 'key:job',
        claims: {},
      })
    }
  })

  it.each(twins)('hashes as sha256sum does: $name', async (twin) => {
    const own = await withPlatform(twin, async () => await import('../../src/verification/api-keys.ts'))
    expect(await own.hashAPIKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })

  it('knows a key in clear, and gives nothing that was not said', async () => {
    expect(await ask({ keys: [{ subject: 'dev', dangerouslyPlainKey: 'dev' }] }, bearer('dev'))).toEqual({
      subject: 'key:dev',
      clientId: '',
      scopes: [],
      expiresAt: Number.MAX_SAFE_INTEGER,
      claims: {},
    })
  })

  it('C5 takes no hash for its key', async () => {
    const hash = await hashAPIKey('acme_secret')
    expect(await ask({ keys: [{ subject: 'job', hash }] }, bearer(hash))).toBeUndefined()
  })

  it('C5 compares with every key in constant time, wherever the right one stands', async () => {
    const equal = vi.spyOn(platform, 'equal')
    const keys = ['a', 'b', 'c'].map((name) => ({ subject: name, dangerouslyPlainKey: `acme_${name}` }))
    for (const name of ['a', 'c', 'unknown']) {
      equal.mockClear()
      await ask({ keys }, bearer(`acme_${name}`))
      expect(equal.mock.calls.map(([, given]) => given)).toEqual(Array(3).fill(await hashAPIKey(`acme_${name}`)))
    }
  })

  it.each<[string, Record<string, string>]>([
    ['no header', {}],
    ['an access token', bearer('eyJhbGciOiJSUzI1NiJ9.e30.AA')],
    ['another scheme', { authorization: 'Basic YWNtZV9qb2I6eA==' }],
    ['two tokens', { authorization: 'Bearer acme_job-1234567890, Bearer other' }],
    ['the key in another header', { 'x-api-key': 'acme_job-1234567890' }],
    ['the prefix in capitals', bearer('ACME_job-1234567890')],
  ])('leaves %s to the access token', async (_case, headers) => {
    expect(await ask({ keys: [job], prefix: 'acme_' }, headers)).toBeUndefined()
  })

  it.each(['acme_', 'acme_job-123456789', 'acme_job-12345678901', `acme_${'a'.repeat(10_000)}`])(
    'A031 refuses what looks like one of ours and is none: %o',
    async (key) => await expect(ask({ keys: [job], prefix: 'acme_' }, bearer(key))).rejects.toThrow(invalid),
  )

  it('leaves an unknown Bearer token without a prefix to whoever verifies access tokens', async () => {
    expect(await ask({ keys: [job] }, bearer('unknown'))).toBeUndefined()
  })

  it('reads a header of its own, in which everything unknown is refused', async () => {
    const options = { keys: [job], header: 'X-API-Key' }
    expect(await ask(options, { 'x-api-key': ' acme_job-1234567890 ' })).toMatchObject({ subject: 'key:job' })
    await expect(ask(options, { 'x-api-key': 'unknown' })).rejects.toThrow(invalid)
    await expect(ask(options, { 'x-api-key': '__proto__' })).rejects.toThrow(invalid)
    expect(await ask(options, { 'x-api-key': '' })).toBeUndefined()
    expect(await ask(options, bearer('acme_job-1234567890'))).toBeUndefined()
    expect(await ask({ ...options, prefix: 'acme_' }, { 'x-api-key': 'of-a-gateway' })).toBeUndefined()
  })

  it('asks a function for the keys, so that one ends when it is not there any more', async () => {
    let keys = [job]
    const options = { keys: async () => keys, prefix: 'acme_' }
    const authenticate = apiKeys(options)
    expect(await authenticate(head(bearer('acme_job-1234567890')))).toMatchObject({ subject: 'key:job' })
    keys = []
    await expect(authenticate(head(bearer('acme_job-1234567890')))).rejects.toThrow(invalid)
  })

  it('asks the function nothing about what cannot be a key', async () => {
    const keys = vi.fn<() => APIKey[]>(() => [job])
    await ask({ keys, prefix: 'acme_' }, bearer('eyJhbGciOiJSUzI1NiJ9.e30.AA'))
    await ask({ keys }, {})
    expect(keys).not.toHaveBeenCalled()
  })

  it('D9 calls no key bad while the function fails', async () => {
    const failing = async (): Promise<never> => await Promise.reject(new Error('ECONNREFUSED'))
    await expect(ask({ keys: failing }, bearer('acme_job'))).rejects.toThrow(refusal('store_unavailable'))
    const saying = async (): Promise<never> => await Promise.reject(new OAuthError('rate_limited'))
    await expect(ask({ keys: saying }, bearer('acme_job'))).rejects.toThrow(refusal('rate_limited'))
  })

  it.each<[string, APIKeysOptions]>([
    ['keys', { keys: [{ subject: 'job' }] }],
    ['keys', { keys: [{ ...job, hash: 'a'.repeat(64) }] }],
    ['keys', { keys: [{ subject: 'job', hash: 'acme_job' }] }],
    ['keys', { keys: [{ subject: '', dangerouslyPlainKey: 'x' }] }],
    ['keys', { keys: [{ subject: 'job', dangerouslyPlainKey: '' }] }],
    ['keys', { keys: [{ subject: 'job', dangerouslyPlainKey: 'a b' }] }],
    ['keys', { keys: [{ ...job, scopes: ['a b'] }] }],
    ['keys', { keys: [{ ...job, expiresAt: Number.NaN }] }],
    ['keys', { keys: [job], prefix: 'other_' }],
    ['header', { keys: [job], header: 'x api key' }],
    ['prefix', { keys: [job], prefix: 'a b' }],
  ])('refuses what cannot work at the start, naming %s', (option, options) => {
    expect(() => apiKeys(options)).toThrow(misconfiguration(option))
  })

  it('D8 says in no error what a key is', () => {
    const keys = [{ subject: 'job', dangerouslyPlainKey: 'sesame öffne dich' }]
    expect(() => apiKeys({ keys })).toThrow(misconfiguration('keys', 'job'))
    expect(() => apiKeys({ keys })).not.toThrow(/sesame/)
  })
})

describe('API keys at a gate', () => {
  async function start(keys: APIKey[]): Promise<{ auth: RemoteOAuth; idp: IdP }> {
    const idp = await createIdP({ key: await newKey('key-1') })
    const auth = createRemoteOAuth({
      baseUrl: 'https://mcp.example',
      provider: {
        name: 'test',
        displayName: 'Test',
        issuers: [issuer],
        scopes: [],
        createVerifier: () => jwtVerifier({ issuer })(idp.tools),
      },
      roles: ({ subject }) => [`role of ${subject}`],
      authenticate: apiKeys({ keys, prefix: 'acme_' }),
      now: idp.clock.now,
      fetch: async () => await Promise.reject(new Error('nobody is asked')),
    })
    return { auth, idp }
  }

  async function call(auth: RemoteOAuth, token: string): Promise<unknown> {
    const session = await auth.authenticate(head(bearer(token)))
    return session instanceof Response ? session.status : { subject: session.subject, roles: session.roles }
  }

  it('let a job pass without the provider, and users by their access tokens as ever', async () => {
    const { auth, idp } = await start([job])
    expect(await call(auth, 'acme_job-1234567890')).toEqual({ subject: 'key:job', roles: ['robot'] })
    expect(idp.requests).toEqual([])
    expect(await call(auth, await idp.mint())).toEqual({ subject: 'user-1', roles: ['role of user-1'] })
    expect(await call(auth, 'acme_unknown')).toBe(401)
  })

  it('A018 are never what a user is called', async () => {
    const { auth, idp } = await start([job])
    expect(await call(auth, await idp.mint({ payload: { sub: 'key:job' } }))).toBe(401)
  })

  it('A013 end', async () => {
    const { auth, idp } = await start([{ ...job, expiresAt: 1_700_000_010 }])
    expect(await call(auth, 'acme_job-1234567890')).toMatchObject({ subject: 'key:job' })
    idp.clock.advance(10)
    expect(await call(auth, 'acme_job-1234567890')).toBe(401)
  })

  it('work for whoever asks about the token alone', async () => {
    const { auth } = await start([{ subject: 'plain', dangerouslyPlainKey: 'acme_plain' }])
    expect(await auth.verifyAccessToken('acme_plain')).toMatchObject({
      subject: 'key:plain',
      roles: ['role of key:plain'],
    })
    await expect(auth.verifyAccessToken('acme_other')).rejects.toThrow(invalid)
  })
})
