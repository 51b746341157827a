import { ConfigurationError } from '@mcp-auth/core'
import { type EntraOptions, entra } from '@mcp-auth/provider-entra'
import { describe, expect, it } from 'vitest'

const tenant = '8eaef023-2b34-4da1-9baa-8bc8c9d6a490'
const clientId = '11111111-2222-4333-8444-555555555555'
const required = { tenant, clientId, clientSecret: 'secret~value' }

describe('entra', () => {
  it('describes a tenant with nothing but its id, an application and a secret', () => {
    const base = `https://login.microsoftonline.com/${tenant}`
    expect(entra(required)).toEqual({
      name: 'entra',
      displayName: 'Microsoft',
      clientId,
      clientSecret: 'secret~value',
      tokenEndpointAuthMethod: 'client_secret_post',
      authorizationEndpoint: `${base}/oauth2/v2.0/authorize`,
      tokenEndpoint: `${base}/oauth2/v2.0/token`,
      jwksURI: `${base}/discovery/v2.0/keys`,
      issuer: `${base}/v2.0`,
      scopes: ['openid', 'profile', 'email'],
      supportedScopes: ['openid', 'profile', 'email'],
      identityScopes: ['openid', 'profile', 'email'],
      additionalScopes: ['offline_access'],
      scopeDescriptions: expect.any(Object),
      toUpstreamScope: expect.any(Function),
      fromUpstreamScope: expect.any(Function),
      readGrantedScopes: expect.any(Function),
      authorizationParameters: {},
      refreshSendsScope: true,
      usesNonce: true,
      identify: expect.any(Function),
      classifyError: expect.any(Function),
    })
  })

  it('asks for no address unless a scope does', () => {
    expect(entra({ ...required, scopes: ['mcp.read'] }).identityScopes).toEqual(['openid', 'profile'])
    expect(entra({ ...required, scopes: ['mcp.read'], optionalScopes: ['email'] }).identityScopes).toContain('email')
  })

  it('names no issuer of the answer where many tenants may sign in, since each has its own', () => {
    const provider = entra({ ...required, tenant: 'organizations', allowedTenants: [tenant] })
    expect(provider).not.toHaveProperty('issuer')
    expect(provider).toMatchObject({
      authorizationEndpoint: 'https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize',
    })
  })

  it('finds out which tenant a domain is, and takes no issuer that is none of Entra', async () => {
    const provider = entra({ ...required, tenant: 'contoso.onmicrosoft.com' })
    if (!('discover' in provider)) throw new Error('a domain has to be looked up')
    const asked: string[] = []
    const verdicts: boolean[] = []
    const endpoints = await provider.discover({
      discover: async (issuer, { accepts = () => false } = {}) => {
        asked.push(issuer)
        for (const named of [
          `https://login.microsoftonline.com/${tenant}/v2.0`,
          'https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0',
          'https://login.microsoftonline.com/{tenantid}/v2.0',
          `https://login.microsoftonline.com/${tenant}/v2.0/`,
          `https://login.microsoftonline.evil.example/${tenant}/v2.0`,
          `https://sts.windows.net/${tenant}/`,
        ]) {
          verdicts.push(accepts(named))
        }
        return await Promise.resolve({ issuer: `https://login.microsoftonline.com/${tenant}/v2.0` })
      },
    })
    expect(asked).toEqual(['https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0'])
    expect(verdicts).toEqual([true, false, false, false, false, false])
    expect(endpoints).toMatchObject({
      issuer: `https://login.microsoftonline.com/${tenant}/v2.0`,
      tokenEndpoint: 'https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token',
    })
  })

  it('passes page, hint, cloud and descriptions on', () => {
    const provider = entra({
      ...required,
      authority: 'https://login.microsoftonline.us/',
      prompt: 'select_account',
      domainHint: 'contoso.com',
      scopeDescriptions: { 'mcp.read': 'Read your notes' },
    })
    expect(provider).toMatchObject({
      authorizationParameters: { prompt: 'select_account', domain_hint: 'contoso.com' },
      issuer: `https://login.microsoftonline.us/${tenant}/v2.0`,
      scopeDescriptions: { 'mcp.read': 'Read your notes', openid: expect.any(String) },
    })
  })

  it('writes ids in lower case, as tokens do', () => {
    const provider = entra({
      ...required,
      tenant: tenant.toUpperCase(),
      clientId: 'AAAAAAAA-2222-4333-8444-555555555555',
    })
    expect(provider.clientId).toBe('aaaaaaaa-2222-4333-8444-555555555555')
    expect(provider).toMatchObject({ issuer: `https://login.microsoftonline.com/${tenant}/v2.0` })
  })

  it('cannot be changed afterwards, neither itself nor what it holds', () => {
    const scopes = ['openid']
    const provider = entra({ ...required, scopes })
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

describe('names of scopes', () => {
  const graph = 'https://graph.microsoft.com'
  const own = entra({ ...required, scopes: ['mcp.read'], optionalScopes: ['email'] })
  const named = entra({
    ...required,
    applicationIdUri: 'https://contoso.com/mcp',
    scopes: ['https://contoso.com/mcp/read'],
  })
  const foreign = entra({ ...required, scopes: [`${graph}/User.Read`, 'openid'] })

  it.each([
    ['a short name of an own scope', own, 'mcp.read', `api://${clientId}/mcp.read`],
    ['a short name below another Application ID URI', named, 'read', 'https://contoso.com/mcp/read'],
    ['a scope of OpenID Connect', own, 'openid', 'openid'],
    ['offline_access', own, 'offline_access', 'offline_access'],
    ['a scope of another resource', foreign, `${graph}/User.Read`, `${graph}/User.Read`],
    ['a scope of an application by its id', own, `${clientId}/x`, `${clientId}/x`],
  ])('asks Entra for %s', (_name, provider, scope, expected) => {
    expect(provider.toUpstreamScope?.(scope)).toBe(expected)
  })

  it.each([
    ['an own scope', own, `api://${clientId}/mcp.read`, 'mcp.read'],
    ['an own scope that came short', own, 'mcp.read', 'mcp.read'],
    ['a scope of another application', own, 'api://other/mcp.read', 'api://other/mcp.read'],
    ['a scope of Graph that came short', foreign, 'User.Read', `${graph}/User.Read`],
    ['a scope of Graph that came whole', foreign, `${graph}/User.Read`, `${graph}/User.Read`],
    ['a scope of OpenID Connect', foreign, 'openid', 'openid'],
  ])('gives the client %s by the name it knows', (_name, provider, scope, expected) => {
    expect(provider.fromUpstreamScope?.(scope)).toBe(expected)
  })

  it('shows an own scope that was configured whole under its short name', () => {
    expect(named.scopes).toEqual(['read'])
  })

  it('counts the scopes as granted that Entra leaves out of its answers, or a refresh would lose them', () => {
    expect(own.readGrantedScopes?.(['mcp.read'])).toEqual(['mcp.read', 'openid', 'profile', 'email', 'offline_access'])
  })

  it('counts no scope as granted that an answer leaves out which names the others', () => {
    expect(foreign.readGrantedScopes?.(['openid', 'profile'])).toEqual(['openid', 'profile', 'offline_access'])
  })
})

describe('options that cannot work', () => {
  const many = { ...required, tenant: 'organizations' }
  const cases: readonly (readonly [string, Partial<Record<keyof EntraOptions, unknown>>, string, RegExp])[] = [
    ['no tenant', { tenant: undefined }, 'tenant', /Directory \(tenant\) ID/],
    ['a name for a tenant', { tenant: 'contoso' }, 'tenant', /GUID, or a domain/],
    ['a tenant with a path', { tenant: 'contoso.com/../common' }, 'tenant', /GUID, or a domain/],
    ['every organization', { tenant: 'organizations' }, 'allowedTenants', /anybody's tenant could/],
    ['everybody', { tenant: 'common' }, 'allowedTenants', /anybody's tenant could/],
    ['everybody with a personal account', { tenant: 'consumers' }, 'allowedTenants', /anybody's tenant could/],
    ['an empty list of tenants', { ...many, allowedTenants: [] }, 'allowedTenants', /must list/],
    ['a tenant by domain in the list', { ...many, allowedTenants: ['contoso.com'] }, 'allowedTenants', /must list/],
    [
      'a list and everybody',
      { ...many, allowedTenants: [tenant], dangerouslyAllowAnyTenant: true },
      'allowedTenants',
      /exclude each other/,
    ],
    ['a list for one tenant', { allowedTenants: [tenant] }, 'allowedTenants', /one tenant is exact/],
    [
      'everybody for one tenant',
      { dangerouslyAllowAnyTenant: true },
      'dangerouslyAllowAnyTenant',
      /one tenant is exact/,
    ],
    [
      'a switch that is text',
      { ...many, dangerouslyAllowAnyTenant: 'false' },
      'dangerouslyAllowAnyTenant',
      /true or false/,
    ],
    [
      'an authority with a path',
      { authority: `https://login.microsoftonline.com/${tenant}` },
      'authority',
      /without a path/,
    ],
    ['an authority without https', { authority: 'http://login.example' }, 'authority', /https/],
    ['an authority that only looks like loopback', { authority: 'http://127.0.0.1.example' }, 'authority', /https/],
    ['External ID', { authority: 'https://contoso.ciamlogin.com' }, 'authority', /External ID/],
    ['Azure AD B2C', { authority: 'https://contoso.b2clogin.com' }, 'authority', /B2C/],
    ['a client id that is a name', { clientId: 'my-app' }, 'clientId', /Application \(client\) ID/],
    ['an empty secret', { clientSecret: '' }, 'clientSecret', /value of a client secret/],
    ['a secret pasted with a space', { clientSecret: 'hunter2 ' }, 'clientSecret', /without spaces/],
    [
      'the id of a secret',
      { clientSecret: '99999999-2222-4333-8444-555555555555' },
      'clientSecret',
      /is the id of a secret/,
    ],
    ['scopes in one text', { scopes: 'openid mcp.read' }, 'scopes', /must be a list/],
    ['no scope at all', { scopes: [] }, 'scopes', /at least one/],
    ['two scopes in one entry', { scopes: ['openid mcp.read'] }, 'scopes', /is not a scope/],
    ['a scope that is no text', { scopes: [7] }, 'scopes', /7 is not a scope/],
    ['offline_access', { optionalScopes: ['offline_access'] }, 'optionalScopes', /asked for always/],
    ['.default', { scopes: [`api://${clientId}/.default`] }, 'scopes', /Name the scopes instead/],
    [
      'scopes of two resources',
      { scopes: ['mcp.read', 'https://graph.microsoft.com/User.Read'] },
      'scopes',
      /AADSTS28000/,
    ],
    [
      'an optional scope of a second resource',
      { scopes: ['mcp.read'], optionalScopes: ['api://other/x'] },
      'scopes',
      /AADSTS28000/,
    ],
    [
      'an Application ID URI with a slash at its end',
      { applicationIdUri: 'api://x/' },
      'applicationIdUri',
      /without a slash/,
    ],
    ['an unknown prompt', { prompt: 'none' }, 'prompt', /'login', 'select_account' or 'consent'/],
    ['a hint with a line break', { domainHint: 'a\r\nb' }, 'domainHint', /must be a domain/],
    ['a resolver that is none', { resolveGroups: 'graph' }, 'resolveGroups', /function/],
  ]

  it.each(cases)('refuses %s and names the option', (_name, wrong, option, message) => {
    const options = { ...required, ...wrong } as EntraOptions
    expect(() => entra(options)).toThrow(ConfigurationError)
    expect(() => entra(options)).toThrow(expect.objectContaining({ option, message: expect.stringMatching(message) }))
  })

  it('D8: never repeats the secret', () => {
    const attempt = (): unknown => entra({ ...required, clientSecret: 'hunter2 hunter2' })
    expect(attempt).toThrow(ConfigurationError)
    expect(attempt).not.toThrow(/hunter2/)
  })
})
