import { describe, expect, it } from 'vitest'
import { type OIDCOptions, oidc } from '../../src/index.ts'
import { misconfiguration } from '../support/refusal.ts'

const good: OIDCOptions = { issuer: 'https://idp.example', clientId: 'id', clientSecret: 'secret' }
const endpoints = {
  authorizationEndpoint: 'https://idp.example/authorize',
  tokenEndpoint: 'https://idp.example/token',
  jwksURI: 'https://idp.example/jwks',
}

describe('options of oidc that cannot work', () => {
  it.each<readonly [string, object, string, string]>([
    ['no issuer', { issuer: undefined }, 'issuer', 'https'],
    ['an http issuer', { issuer: 'http://idp.example' }, 'issuer', 'https'],
    ['an issuer without a scheme', { issuer: 'idp.example' }, 'issuer', 'https'],
    ['an issuer with a query', { issuer: 'https://idp.example?a=b' }, 'issuer', 'query'],
    ['an issuer with a fragment', { issuer: 'https://idp.example#a' }, 'issuer', 'fragment'],
    ['no client id', { clientId: undefined }, 'clientId', 'client id'],
    ['an empty client id', { clientId: '' }, 'clientId', 'client id'],
    ['a client id with a space around it', { clientId: ' id' }, 'clientId', 'without spaces'],
    ['a client id that is a number', { clientId: 5 }, 'clientId', 'client id'],
    ['an empty client secret', { clientSecret: '' }, 'clientSecret', 'left out for a public client'],
    ['a client secret with the line end of its file', { clientSecret: 'hunter2\n' }, 'clientSecret', 'client secret'],
    ['a secret of a public client', { tokenEndpointAuthMethod: 'none' }, 'tokenEndpointAuthMethod', 'clientSecret'],
    [
      'an auth method that needs a secret without one',
      { clientSecret: undefined, tokenEndpointAuthMethod: 'client_secret_post' },
      'tokenEndpointAuthMethod',
      'needs a clientSecret',
    ],
    [
      'an unknown auth method',
      { tokenEndpointAuthMethod: 'private_key_jwt' },
      'tokenEndpointAuthMethod',
      'client_secret_basic',
    ],
    ['no scope', { scopes: [] }, 'scopes', 'at least one'],
    ['scopes in one text', { scopes: 'openid profile' }, 'scopes', 'list'],
    ['a scope that is two', { scopes: ['openid profile'] }, 'scopes', 'by itself'],
    ['an empty scope', { scopes: [''] }, 'scopes', 'not a scope'],
    ['a scope with a quotation mark', { optionalScopes: ['a"b'] }, 'optionalScopes', 'not a scope'],
    ['offline_access as a scope', { scopes: ['openid', 'offline_access'] }, 'scopes', 'offlineAccess: true'],
    ['offline_access as an optional scope', { optionalScopes: ['offline_access'] }, 'optionalScopes', 'offlineAccess'],
    ['no algorithm', { algorithms: [] }, 'algorithms', 'RS256'],
    ['an algorithm with a shared key', { algorithms: ['RS256', 'HS256'] }, 'algorithms', 'RS256'],
    ['the algorithm none', { algorithms: ['none'] }, 'algorithms', 'RS256'],
    ['an empty audience', { audience: '' }, 'audience', 'API'],
    [
      'audience twice',
      { audience: 'a', authorizationParameters: { audience: 'b' } },
      'authorizationParameters',
      'audience',
    ],
    ...['client_id', 'redirect_uri', 'state', 'nonce', 'scope', 'code_challenge', 'response_mode', 'request_uri'].map(
      (name) =>
        [
          `a ${name} of your own`,
          { authorizationParameters: { [name]: 'x' } },
          'authorizationParameters',
          name,
        ] as const,
    ),
    ...['grant_type', 'code', 'client_secret', 'refresh_token', 'client_assertion', 'code_verifier'].map(
      (name) => [`a ${name} of your own`, { tokenParameters: { [name]: 'x' } }, 'tokenParameters', name] as const,
    ),
    ['a parameter that is no text', { tokenParameters: { a: 1 } }, 'tokenParameters', 'text'],
    [
      'an http endpoint',
      { endpoints: { ...endpoints, tokenEndpoint: 'http://idp.example/token' } },
      'endpoints.tokenEndpoint',
      'https',
    ],
    ['a missing endpoint', { endpoints: { ...endpoints, jwksURI: undefined } }, 'endpoints.jwksURI', 'https'],
    [
      'an endpoint with a user name',
      { endpoints: { ...endpoints, jwksURI: 'https://u@idp.example/' } },
      'endpoints.jwksURI',
      'user name',
    ],
    ['userinfo without its endpoint', { endpoints, userinfo: true }, 'endpoints.userinfoEndpoint', 'userinfo: true'],
    ...['offlineAccess', 'userinfo', 'requireIssuer', 'refreshSendsScope', 'revocationIsUserWide'].map(
      (name) => [`${name} as text of an environment`, { [name]: 'false' }, name, 'true or false'] as const,
    ),
    ...['mapIdentity', 'classifyError'].map(
      (name) => [`a ${name} that is no function`, { [name]: {} }, name, 'function'] as const,
    ),
    ['a header with a line end', { headers: { 'User-Agent': 'a\nb' } }, 'headers', 'HTTP'],
    ['a header with a space in its name', { headers: { 'User Agent': 'a' } }, 'headers', 'HTTP'],
    ['an empty name', { name: '' }, 'name', 'short name'],
    ['an empty display name', { displayName: '' }, 'displayName', 'people'],
  ])('are refused at the start: %s', (_name, over, option, message) => {
    expect(() => oidc({ ...good, ...over })).toThrow(misconfiguration(option, message))
  })

  it('D8 are named without the secret in them', () => {
    expect(() => oidc({ ...good, clientSecret: 'hunter2 ' })).toThrow(
      expect.toSatisfy((error: Error) => !`${error.stack}${JSON.stringify(error)}`.includes('hunter2')),
    )
  })
})

describe('a provider made of options', () => {
  it('cannot be changed, nor by changing what it was made of', () => {
    const scopes = ['openid']
    const authorizationParameters = { prompt: 'login' }
    const provider = oidc({ ...good, scopes, authorizationParameters })
    scopes.push('admin')
    authorizationParameters.prompt = 'none'
    expect(provider.supportedScopes).toEqual(['openid'])
    expect(provider.authorizationParameters).toEqual({ prompt: 'login' })
    expect(Object.isFrozen(provider)).toBe(true)
  })

  it.each([
    [{}, { name: 'oidc', displayName: 'idp.example', tokenEndpointAuthMethod: 'client_secret_basic' }],
    [{ clientSecret: undefined }, { clientSecret: '', tokenEndpointAuthMethod: 'none' }],
    [{ tokenEndpointAuthMethod: 'client_secret_post' }, { tokenEndpointAuthMethod: 'client_secret_post' }],
    [
      { name: 'acme', displayName: 'Acme ID' },
      { name: 'acme', displayName: 'Acme ID' },
    ],
    [
      { scopes: ['email', 'email'], optionalScopes: ['tools'] },
      { scopes: ['email'], supportedScopes: ['email', 'openid', 'tools'] },
    ],
    [
      { scopeDescriptions: { tools: 'Use tools' } },
      { scopeDescriptions: expect.objectContaining({ tools: 'Use tools', email: expect.any(String) }) },
    ],
  ] as const)('has defaults and what was given: %o', (over, expected) => {
    expect(oidc({ ...good, ...over })).toMatchObject(expected)
  })
})
