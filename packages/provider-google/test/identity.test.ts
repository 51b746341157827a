import { type IDTokenExpectations, type Identity, type UpstreamApi, UpstreamError } from '@mcp-auth/core'
import { type GoogleOptions, google } from '@mcp-auth/provider-google'
import { describe, expect, it } from 'vitest'

const required = { clientId: '1-a.apps.googleusercontent.com', clientSecret: 'secret' }

const nelly = {
  sub: '110248495921238986420',
  email: 'nelly@example.com',
  email_verified: true,
  name: 'Nelly',
  picture: 'https://lh3.googleusercontent.com/a/nelly',
  hd: 'example.com',
  given_name: 'Nelly',
  iat: 1,
}

interface Asked {
  readonly urls: string[]
  readonly expectations: IDTokenExpectations[]
}

/** What core hands in: at a sign-in it has a nonce. */
function apiOf(answer: unknown, nonce: string | undefined, asked: Asked = { urls: [], expectations: [] }): UpstreamApi {
  return {
    endpoints: google(required),
    nonce,
    now: () => 1_800_000_000,
    getJSON: async (url) => {
      asked.urls.push(url)
      return await Promise.resolve(answer)
    },
    postJSONAsClient: async () => await Promise.reject(new Error('not called')),
    verifyIDToken: async (_token, expected) => {
      asked.expectations.push(expected)
      return await Promise.resolve({ ...(answer as Record<string, unknown>) })
    },
  }
}

async function signIn(claims: unknown, options: Partial<GoogleOptions> = {}): Promise<Identity> {
  const provider = google({ ...required, ...options })
  return await provider.identify({ accessToken: 'ya29.a', idToken: 'a.b.c' }, apiOf(claims, 'nonce-1'))
}

async function lookUp(claims: unknown, options: Partial<GoogleOptions> = {}): Promise<Identity> {
  const provider = google({ ...required, ...options })
  return await provider.identify({ accessToken: 'ya29.a', idToken: 'a.b.c' }, apiOf(claims, undefined))
}

describe.each([
  ['at sign-in, from the id_token', signIn],
  ['later, from userinfo', lookUp],
])('identify %s', (_name, identify) => {
  it('takes sub, the verified address, name, picture and domain, and nothing else', async () => {
    const { given_name: _given, iat: _iat, ...claims } = nelly
    expect(await identify(nelly)).toEqual({ subject: nelly.sub, username: nelly.email, claims })
  })

  it('has the name for the person when there is no address', async () => {
    expect(await identify({ sub: '1', name: 'Nelly' })).toEqual({
      subject: '1',
      username: 'Nelly',
      claims: { sub: '1', name: 'Nelly' },
    })
  })

  it.each([
    ['not verified', { email_verified: false }],
    ['not verified, as text', { email_verified: 'false' }],
    ['not said to be verified', { email_verified: undefined }],
    ['empty', { email: '' }],
  ])('has no address that is %s', async (_case, change) => {
    const identity = await identify({ ...nelly, ...change })
    expect(identity.claims).not.toHaveProperty('email')
    expect(identity.claims).not.toHaveProperty('email_verified')
    expect(identity.username).toBe('Nelly')
  })

  it('takes an address that is verified in text', async () => {
    expect((await identify({ ...nelly, email_verified: 'true' })).claims).toMatchObject({ email_verified: true })
  })

  it.each([
    ['no sub', { sub: undefined }],
    ['an empty sub', { sub: '' }],
    ['a sub that is a number', { sub: 7 }],
    ['a sub with a line feed', { sub: '1\n' }],
    ['a domain that is a list', { hd: ['example.com'] }],
  ])('refuses an answer with %s', async (_case, change) => {
    await expect(identify({ ...nelly, ...change })).rejects.toMatchObject({ kind: 'protocol' })
  })

  it.each([
    ['no domain', { hd: undefined }],
    ['another domain', { hd: 'evil.example' }],
    ['a domain below', { hd: 'x.example.com' }],
    ['the domain in the address only', { hd: '', email: 'nelly@example.com' }],
  ])('A hosted domain lets nobody in with %s', async (_case, change) => {
    const attempt = identify({ ...nelly, ...change }, { hostedDomain: 'example.com' })
    await expect(attempt).rejects.toMatchObject({ kind: 'access_denied' })
  })

  it('A hosted domain lets its own users in', async () => {
    const identity = await identify({ ...nelly, hd: 'Example.com' }, { hostedDomain: 'example.com' })
    expect(identity.subject).toBe(nelly.sub)
  })
})

describe('where identify looks', () => {
  it('verifies the id_token of a sign-in for our client, its nonce, by RS256 and with Google as the issuer', async () => {
    const asked: Asked = { urls: [], expectations: [] }
    await google(required).identify({ accessToken: 'a', idToken: 'a.b.c' }, apiOf(nelly, 'nonce-1', asked))
    expect(asked.urls).toEqual([])
    expect(asked.expectations).toEqual([
      expect.objectContaining({
        clientId: required.clientId,
        jwksURI: 'https://www.googleapis.com/oauth2/v3/certs',
        algorithms: ['RS256'],
        nonce: 'nonce-1',
      }),
    ])
    const issuer = asked.expectations[0]?.issuer
    const judge = (value: string): boolean => (typeof issuer === 'function' ? issuer(value, {}) : false)
    const issuers = ['https://accounts.google.com', 'accounts.google.com']
    expect(issuers.map(judge)).toEqual([true, true])
    const others = ['https://accounts.google.com/', 'http://accounts.google.com', 'https://evil.example', '']
    expect(others.map(judge)).toEqual([false, false, false, false])
  })

  it('asks userinfo later, whatever the stored id_token says', async () => {
    const asked: Asked = { urls: [], expectations: [] }
    await google(required).identify({ accessToken: 'a', idToken: 'a.b.c' }, apiOf(nelly, undefined, asked))
    expect(asked).toEqual({ urls: ['https://openidconnect.googleapis.com/v1/userinfo'], expectations: [] })
  })

  it('refuses a sign-in without an id_token, and does not fall back to userinfo', async () => {
    const asked: Asked = { urls: [], expectations: [] }
    const attempt = google(required).identify({ accessToken: 'a' }, apiOf(nelly, 'nonce-1', asked))
    await expect(attempt).rejects.toEqual(new UpstreamError('protocol'))
    expect(asked.urls).toEqual([])
  })
})
