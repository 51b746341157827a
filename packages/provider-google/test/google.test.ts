import { ConfigurationError } from '@mcp-auth/core'
import { type GoogleOptions, google } from '@mcp-auth/provider-google'
import { describe, expect, it } from 'vitest'

const required = { clientId: '1234-abc.apps.googleusercontent.com', clientSecret: 'GOCSPX-secret' }

describe('google()', () => {
  it("is Google's endpoints, a nonce, and a refresh token by default", () => {
    expect(google(required)).toMatchObject({
      name: 'google',
      displayName: 'Google',
      ...required,
      tokenEndpointAuthMethod: 'client_secret_basic',
      authorizationEndpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
      tokenEndpoint: 'https://oauth2.googleapis.com/token',
      revocationEndpoint: 'https://oauth2.googleapis.com/revoke',
      userinfoEndpoint: 'https://openidconnect.googleapis.com/v1/userinfo',
      jwksURI: 'https://www.googleapis.com/oauth2/v3/certs',
      revocationIsUserWide: true,
      issuer: 'https://accounts.google.com',
      requireIssuer: false,
      usesNonce: true,
      scopes: ['openid', 'email', 'profile'],
      supportedScopes: ['openid', 'email', 'profile'],
      identityScopes: ['openid'],
      authorizationParameters: { access_type: 'offline', prompt: 'consent' },
    })
  })

  it.each<readonly [string, Partial<GoogleOptions>, Readonly<Record<string, string>>]>([
    ['no refresh token', { offlineAccess: false }, {}],
    ['no page at all', { offlineAccess: false, prompt: 'none' }, { prompt: 'none' }],
    ['a choice of accounts', { offlineAccess: false, prompt: 'select_account' }, { prompt: 'select_account' }],
    [
      'a choice of accounts and a refresh token',
      { prompt: 'select_account' },
      { access_type: 'offline', prompt: 'consent select_account' },
    ],
    [
      'a prompt that is there already',
      { prompt: ['consent', 'select_account', 'consent'] },
      { access_type: 'offline', prompt: 'consent select_account' },
    ],
    [
      'a hosted domain',
      { hostedDomain: 'example.com' },
      { access_type: 'offline', prompt: 'consent', hd: 'example.com' },
    ],
    [
      'parameters of its own',
      { offlineAccess: false, authorizationParameters: { login_hint: 'nelly@example.com' } },
      { login_hint: 'nelly@example.com' },
    ],
  ])('asks for %s', (_name, options, parameters) => {
    expect(google({ ...required, ...options }).authorizationParameters).toEqual(parameters)
  })

  it('asks for the address whenever the domain counts, since Google shows one with the other', () => {
    expect(google({ ...required, scopes: ['openid'], hostedDomain: 'example.com' }).identityScopes).toEqual([
      'openid',
      'email',
    ])
  })

  it('knows a scope by its short name, however it is written, and any API by its URI', () => {
    const provider = google({
      ...required,
      scopes: ['openid', 'https://www.googleapis.com/auth/userinfo.email', 'email'],
      optionalScopes: ['https://www.googleapis.com/auth/drive.readonly', 'https://mail.google.com/'],
    })
    expect(provider.scopes).toEqual(['openid', 'email'])
    expect(provider.supportedScopes).toEqual([
      'openid',
      'email',
      'https://www.googleapis.com/auth/drive.readonly',
      'https://mail.google.com/',
    ])
  })

  it.each([
    ['https://www.googleapis.com/auth/userinfo.email', 'email'],
    ['https://www.googleapis.com/auth/userinfo.profile', 'profile'],
    ['openid', 'openid'],
    ['https://www.googleapis.com/auth/drive.readonly', 'https://www.googleapis.com/auth/drive.readonly'],
    ['constructor', 'constructor'],
  ])('reads the granted scope %s as %s', (scope, name) => {
    expect(google(required).fromUpstreamScope?.(scope)).toBe(name)
  })

  it('takes other addresses for tests, and keeps the rest of them', () => {
    const provider = google({ ...required, requireIssuer: true, endpoints: { token: 'http://127.0.0.1:8001/token' } })
    expect(provider).toMatchObject({
      tokenEndpoint: 'http://127.0.0.1:8001/token',
      jwksURI: 'https://www.googleapis.com/oauth2/v3/certs',
      requireIssuer: true,
    })
  })

  it('takes undefined for a default, as an absent environment variable gives', () => {
    const absent = { scopes: undefined, hostedDomain: undefined, prompt: undefined, offlineAccess: undefined }
    expect(google({ ...required, ...absent, endpoints: undefined })).toMatchObject({
      scopes: ['openid', 'email', 'profile'],
      authorizationParameters: { access_type: 'offline', prompt: 'consent' },
    })
  })

  it('cannot be changed afterwards, neither itself nor what it holds', () => {
    const scopes = ['openid']
    const authorizationParameters = { login_hint: 'nelly' }
    const provider = google({ ...required, scopes, authorizationParameters })
    scopes.push('email')
    authorizationParameters.login_hint = 'wumpus'
    expect(provider.scopes).toEqual(['openid'])
    expect(provider.authorizationParameters).toMatchObject({ login_hint: 'nelly' })
    const frozen = [provider, provider.scopes, provider.supportedScopes, provider.identityScopes]
    const more = [provider.scopeDescriptions, provider.authorizationParameters]
    expect([...frozen, ...more].map((part) => Object.isFrozen(part))).toEqual(Array(6).fill(true))
  })
})

describe('options that cannot work', () => {
  const cases: readonly (readonly [string, string, Readonly<Record<string, unknown>>, RegExp])[] = [
    ['a project id', 'clientId', { clientId: 'my-project-123' }, /ends with \.apps\.googleusercontent\.com/],
    ['an absent client id', 'clientId', { clientId: undefined }, /client ID/],
    ['a client id with a line feed', 'clientId', { clientId: `${required.clientId}\n` }, /client ID/],
    ['an empty secret', 'clientSecret', { clientSecret: '' }, /client secret/],
    ['a secret pasted with a space', 'clientSecret', { clientSecret: 'hunter2 ' }, /without spaces/],
    ['an address for a domain', 'hostedDomain', { hostedDomain: 'nelly@example.com' }, /'example\.com'/],
    ['a URL for a domain', 'hostedDomain', { hostedDomain: 'https://example.com' }, /'example\.com'/],
    ['a domain in capitals, which no claim equals', 'hostedDomain', { hostedDomain: 'Example.com' }, /lower case/],
    ['an empty domain, which would mean everybody', 'hostedDomain', { hostedDomain: '' }, /'example\.com'/],
    ['any domain', 'hostedDomain', { hostedDomain: '*' }, /'example\.com'/],
    ['an offlineAccess that is text', 'offlineAccess', { offlineAccess: 'false' }, /true or false/],
    ['a requireIssuer that is text', 'requireIssuer', { requireIssuer: 'false' }, /true or false/],
    ['an unknown prompt', 'prompt', { prompt: 'login' }, /'select_account'/],
    ['an unknown prompt in a list', 'prompt', { prompt: ['consent', 'login'] }, /'select_account'/],
    ['no page but a refresh token', 'prompt', { prompt: 'none' }, /set offlineAccess to false/],
    ['no page and a page', 'prompt', { prompt: ['none', 'consent'], offlineAccess: false }, /excludes every other/],
    ['scopes in one text', 'scopes', { scopes: 'openid email' }, /must be a list/],
    ['no scope at all', 'scopes', { scopes: [] }, /at least one/],
    ['two scopes in one entry', 'scopes', { scopes: ['openid email'] }, /not a scope of Google/],
    ['the short name of an API', 'scopes', { scopes: ['drive.readonly'] }, /whole URI/],
    ['two URIs in one entry', 'optionalScopes', { optionalScopes: ['https://a.example/x https://b'] }, /not a scope/],
    ['a scope that is no text', 'scopes', { scopes: [7] }, /7 is not a scope/],
    ['the name of an inherited property', 'scopes', { scopes: ['constructor'] }, /not a scope/],
    ['offline_access', 'optionalScopes', { optionalScopes: ['offline_access'] }, /Use offlineAccess/],
    ['a state', 'authorizationParameters', { authorizationParameters: { state: 'x' } }, /must not hold state/],
    ['an hd', 'authorizationParameters', { authorizationParameters: { hd: 'x.com' } }, /use hostedDomain/],
    ['a number', 'authorizationParameters', { authorizationParameters: { hl: 7 } }, /hl must be a text/],
    ['plain http', 'endpoints.token', { endpoints: { token: 'http://google.example/token' } }, /begin with https/],
    ['a relative address', 'endpoints.jwks', { endpoints: { jwks: '/certs' } }, /absolute URL/],
    ['credentials', 'endpoints.token', { endpoints: { token: 'https://a:b@google.example/token' } }, /user name/],
    ['a query', 'endpoints.userinfo', { endpoints: { userinfo: 'https://google.example/?a=b' } }, /query/],
  ]

  it.each(cases)('refuses %s and names the option', (_name, option, changes, message) => {
    const attempt = (): unknown => google({ ...required, ...changes })
    expect(attempt).toThrow(ConfigurationError)
    expect(attempt).toThrow(expect.objectContaining({ option, message: expect.stringMatching(message) }))
  })

  it('D8: never repeats the secret', () => {
    const attempt = (): unknown => google({ ...required, clientSecret: 'hunter2 hunter2' })
    expect(attempt).toThrow(ConfigurationError)
    expect(attempt).not.toThrow(/hunter2/)
  })
})
