import { ConfigurationError } from '@mcp-auth/core'
import { type Auth0Options, auth0, type RemoteAuth0Options, remoteAuth0 } from '@mcp-auth/provider-auth0'
import { describe, expect, it } from 'vitest'

const required = { domain: 'tenant.eu.auth0.com', clientId: 'client', clientSecret: 'secret' }

describe('auth0', () => {
  it('describes a tenant with nothing but its domain, an application and a secret', () => {
    expect(auth0(required)).toEqual({
      name: 'auth0',
      displayName: 'Auth0',
      clientId: 'client',
      clientSecret: 'secret',
      tokenEndpointAuthMethod: 'client_secret_post',
      authorizationEndpoint: 'https://tenant.eu.auth0.com/authorize',
      tokenEndpoint: 'https://tenant.eu.auth0.com/oauth/token',
      revocationEndpoint: 'https://tenant.eu.auth0.com/oauth/revoke',
      userinfoEndpoint: 'https://tenant.eu.auth0.com/userinfo',
      jwksURI: 'https://tenant.eu.auth0.com/.well-known/jwks.json',
      issuer: 'https://tenant.eu.auth0.com/',
      revocationIsUserWide: false,
      scopes: ['openid', 'profile', 'email'],
      supportedScopes: ['openid', 'profile', 'email'],
      identityScopes: ['openid'],
      additionalScopes: ['offline_access'],
      scopeDescriptions: expect.any(Object),
      authorizationParameters: {},
      usesNonce: true,
      identify: expect.any(Function),
      classifyError: expect.any(Function),
    })
  })

  it('passes audience, organization, connection and page on', () => {
    const options = {
      audience: 'https://api.example',
      organization: 'org_1',
      connection: 'github',
      prompt: 'login',
    } as const
    expect(auth0({ ...required, ...options }).authorizationParameters).toEqual(options)
  })

  it('takes what the tenant and the application are set to', () => {
    const provider = auth0({
      ...required,
      tokenEndpointAuthMethod: 'client_secret_basic',
      revocationDeletesGrant: true,
      optionalScopes: ['read:notes', 'email'],
      scopeDescriptions: { 'read:notes': 'Read your notes' },
    })
    expect(provider).toMatchObject({
      tokenEndpointAuthMethod: 'client_secret_basic',
      revocationIsUserWide: true,
      supportedScopes: ['openid', 'profile', 'email', 'read:notes'],
      scopeDescriptions: { 'read:notes': 'Read your notes', openid: expect.any(String) },
    })
  })

  it('cannot be changed afterwards, neither itself nor what it holds', () => {
    const scopes = ['openid']
    const provider = auth0({ ...required, scopes })
    scopes.push('email')
    expect(provider.scopes).toEqual(['openid'])
    const { supportedScopes, identityScopes, scopeDescriptions, authorizationParameters } = provider
    const parts = [
      provider,
      provider.scopes,
      supportedScopes,
      identityScopes,
      scopeDescriptions,
      authorizationParameters,
    ]
    expect(parts.map((part) => Object.isFrozen(part))).toEqual(parts.map(() => true))
  })
})

describe('options that cannot work', () => {
  const cases: readonly (readonly [string, Partial<Record<keyof Auth0Options, unknown>>, string, RegExp])[] = [
    ['no domain', { domain: undefined }, 'domain', /host in lower case/],
    ['a domain with https', { domain: 'https://tenant.auth0.com' }, 'domain', /without https/],
    ['a domain with a slash', { domain: 'tenant.auth0.com/' }, 'domain', /without https/],
    ['a domain with a port on a real host', { domain: 'tenant.auth0.com:8443' }, 'domain', /host/],
    ['a domain in capitals, which no token has', { domain: 'Tenant.auth0.com' }, 'domain', /lower case/],
    ['no client id', { clientId: undefined }, 'clientId', /Client ID/],
    ['an empty secret', { clientSecret: '' }, 'clientSecret', /Client Secret/],
    ['a secret pasted with a space', { clientSecret: 'hunter2 ' }, 'clientSecret', /without spaces/],
    ['an empty audience', { audience: '' }, 'audience', /identifier of an API/],
    ['an organization by name', { organization: 'contoso' }, 'organization', /names can change/],
    ['a claim for roles that means something else', { rolesClaim: 'sub' }, 'rolesClaim', /claim of your own/],
    ['an empty claim for roles', { rolesClaim: '' }, 'rolesClaim', /claim of your own/],
    ['permissions that are something else', { permissions: 'groups' }, 'permissions', /'scopes', 'roles' or 'ignore'/],
    ['permissions without an API', { permissions: 'roles' }, 'permissions', /name its audience/],
    [
      'permissions as scopes of a sign-in',
      { permissions: 'scopes', audience: 'https://api.example' },
      'permissions',
      /RBAC has limited already/,
    ],
    ['a connection with a space', { connection: 'a b' }, 'connection', /name of a connection/],
    ['an unknown prompt', { prompt: 'none' }, 'prompt', /'login', 'consent' or 'select_account'/],
    [
      'another way for the secret',
      { tokenEndpointAuthMethod: 'none' },
      'tokenEndpointAuthMethod',
      /client_secret_basic/,
    ],
    ['a switch that is text', { revocationDeletesGrant: 'false' }, 'revocationDeletesGrant', /true or false/],
    ['scopes in one text', { scopes: 'openid email' }, 'scopes', /must be a list/],
    ['no scope at all', { scopes: [] }, 'scopes', /at least one/],
    ['two scopes in one entry', { scopes: ['openid email'] }, 'scopes', /is not a scope/],
    ['offline_access', { optionalScopes: ['offline_access'] }, 'optionalScopes', /asked for always/],
  ]

  it.each(cases)('refuses %s and names the option', (_name, wrong, option, message) => {
    const options = { ...required, ...wrong } as Auth0Options
    expect(() => auth0(options)).toThrow(ConfigurationError)
    expect(() => auth0(options)).toThrow(expect.objectContaining({ option, message: expect.stringMatching(message) }))
  })

  it('D8: never repeats the secret', () => {
    const attempt = (): unknown => auth0({ ...required, clientSecret: 'hunter2 hunter2' })
    expect(attempt).toThrow(ConfigurationError)
    expect(attempt).not.toThrow(/hunter2/)
  })

  const remote = { domain: 'tenant.eu.auth0.com', audience: 'https://mcp.example/mcp' }
  it.each<readonly [string, Partial<Record<keyof RemoteAuth0Options, unknown>>, string]>([
    ['no audience, with which tokens would be opaque', { audience: undefined }, 'audience'],
    ['an empty audience', { audience: '' }, 'audience'],
    ['an empty list of clients', { allowedClients: [] }, 'allowedClients'],
    ['an organization by name', { organization: 'contoso' }, 'organization'],
    ['scopes in one text', { scopes: 'openid' }, 'scopes'],
  ])('refuses %s for tokens of others', (_name, wrong, option) => {
    const options = { ...remote, ...wrong } as RemoteAuth0Options
    expect(() => remoteAuth0(options)).toThrow(ConfigurationError)
    expect(() => remoteAuth0(options)).toThrow(expect.objectContaining({ option }))
  })
})
