import { ConfigurationError } from '@mcp-auth/core'
import { type DescopeOptions, descope } from '@mcp-auth/provider-descope'
import { describe, expect, it } from 'vitest'
import { ids, issuers } from './support.ts'

const { projectId } = ids

describe('descope', () => {
  it('describes a project with nothing but its id', () => {
    expect(descope({ projectId })).toEqual({
      name: 'descope',
      displayName: 'Descope',
      issuers: [issuers.project],
      scopes: ['openid'],
      createVerifier: expect.any(Function),
      describe: expect.any(Function),
    })
  })

  it.each([
    ['of an MCP server', issuers.server],
    ['with its OpenID suffix', `${issuers.server}/.well-known/openid-configuration`],
    ['with its OAuth suffix', `${issuers.server}/.well-known/oauth-authorization-server`],
    ['with a slash at the end', `${issuers.server}/`],
    ['with slashes at the end of the suffix', `${issuers.server}/.well-known/openid-configuration//`],
  ])('takes the discovery URL %s', (_name, configUrl) => {
    expect(descope({ configUrl }).issuers).toEqual([issuers.server, issuers.project])
  })

  it.each([
    ['of a project', issuers.project],
    ['of a project with its suffix', `${issuers.project}/.well-known/openid-configuration`],
    ['of the users of a project', `https://api.descope.com/${projectId}/.well-known/openid-configuration`],
    [
      'of a project, as RFC 8414 writes it',
      `https://api.descope.com/.well-known/oauth-authorization-server/${projectId}`,
    ],
  ])('takes the discovery URL %s', (_name, configUrl) => {
    expect(descope({ configUrl }).issuers).toEqual([issuers.project])
  })

  it.each(['MS2Server', 'RS2Server', 'M1', 'anything-at_all~1.0'])('takes the server id %s as it is', (serverId) => {
    const [issuer] = descope({ configUrl: issuers.server.replace(ids.serverId, serverId) }).issuers
    expect(issuer).toBe(issuers.server.replace(ids.serverId, serverId))
  })

  it.each([
    ['another region', 'https://api.euc1.descope.com'],
    ['a region and a slash', 'https://api.euc1.descope.com/'],
    ['a custom domain', 'https://auth.example.com'],
    ['a loopback address', 'http://127.0.0.1:8001'],
  ])('goes to %s when it is told so', (_name, baseUrl) => {
    expect(descope({ projectId, baseUrl }).issuers).toEqual([`${baseUrl.replace(/\/$/, '')}/v1/apps/${projectId}`])
  })

  it('takes host and project from the discovery URL, and both from a custom domain with a project id', () => {
    const custom = 'https://auth.example.com/.well-known/openid-configuration'
    expect(descope({ configUrl: custom, projectId }).issuers).toEqual([`https://auth.example.com/v1/apps/${projectId}`])
    const regional = issuers.project.replace('api.', 'api.euc1.')
    expect(descope({ configUrl: regional, baseUrl: 'https://api.euc1.descope.com', projectId }).issuers).toEqual([
      regional,
    ])
  })

  it('takes undefined for a default, as an absent environment variable gives', () => {
    const none = {
      baseUrl: undefined,
      configUrl: undefined,
      audience: undefined,
      scopes: undefined,
      tenantIssuers: undefined,
      algorithms: undefined,
    }
    expect(descope({ projectId, ...none })).toMatchObject({ issuers: [issuers.project], scopes: ['openid'] })
  })

  it('names each scope once, and cannot be changed afterwards', () => {
    const scopes = ['openid', 'tenants', 'openid']
    const provider = descope({ projectId, scopes })
    scopes.push('admin')
    expect(provider.scopes).toEqual(['openid', 'tenants'])
    const frozen = [provider, provider.scopes, provider.issuers].map((part) => Object.isFrozen(part))
    expect(frozen).toEqual([true, true, true])
  })
})

describe('options that cannot work', () => {
  const cases: readonly (readonly [string, Record<string, unknown>, keyof DescopeOptions, RegExp])[] = [
    ['nothing at all', {}, 'projectId', /is missing.*or configUrl/],
    ['an empty project id', { projectId: '' }, 'projectId', /Descope console/],
    ['a project id of another kind', { projectId: 'K2TestKey0000000000000000000000' }, 'projectId', /P and letters/],
    ['a project id with a path', { projectId: `${projectId}/x` }, 'projectId', /P and letters/],
    ['a project id that is no text', { projectId: 7 }, 'projectId', /P and letters/],
    ['plain http on a real host', { projectId, baseUrl: 'http://api.descope.com' }, 'baseUrl', /must begin with https/],
    [
      'http on what only looks like loopback',
      { projectId, baseUrl: 'http://127.0.0.1.example' },
      'baseUrl',
      /must begin with https/,
    ],
    [
      'a region in place of a URL',
      { projectId, baseUrl: 'eu' },
      'baseUrl',
      /absolute URL.*api\.<region>\.descope\.com/,
    ],
    [
      'the console in place of the API',
      { projectId, baseUrl: 'https://app.descope.com' },
      'baseUrl',
      /not an API host/,
    ],
    ['a region in the wrong place', { projectId, baseUrl: 'https://eu.descope.com' }, 'baseUrl', /not an API host/],
    ['the bare domain', { projectId, baseUrl: 'https://descope.com' }, 'baseUrl', /not an API host/],
    ['a base URL with a path', { projectId, baseUrl: 'https://api.descope.com/v1' }, 'baseUrl', /no path/],
    ['a base URL with a query', { projectId, baseUrl: 'https://api.descope.com/?a=b' }, 'baseUrl', /query/],
    ['a base URL with a user', { projectId, baseUrl: 'https://a:b@api.descope.com' }, 'baseUrl', /user name/],
    ['another scheme', { projectId, baseUrl: 'javascript:alert(1)' }, 'baseUrl', /must begin with https/],
    [
      'a discovery URL without ids',
      { configUrl: 'https://api.descope.com/v1/apps/agentic' },
      'configUrl',
      /no project id/,
    ],
    [
      'a discovery URL without server id',
      { configUrl: `https://api.descope.com/v1/apps/agentic/${projectId}` },
      'configUrl',
      /no project id.*<server id>/,
    ],
    ['a discovery URL of a tenant', { configUrl: `${issuers.project}/T2TestTenant` }, 'configUrl', /console/],
    ['a discovery URL that goes on', { configUrl: `${issuers.server}/x` }, 'configUrl', /console/],
    ['a discovery URL of elsewhere', { configUrl: 'https://login.example.com/realms/a' }, 'configUrl', /no project id/],
    [
      'a custom domain without project id',
      { configUrl: 'https://auth.example.com' },
      'configUrl',
      /project id must be set as well/,
    ],
    [
      'a discovery URL that is none',
      { configUrl: 'P2TestProject0000000000000000' },
      'configUrl',
      /absolute URL.*copy the discovery URL/,
    ],
    [
      'a discovery URL on plain http',
      { configUrl: issuers.server.replace('https', 'http') },
      'configUrl',
      /must begin with https/,
    ],
    [
      'a discovery URL on the console',
      { configUrl: issuers.server.replace('api.', 'app.') },
      'configUrl',
      /not an API host/,
    ],
    [
      'two projects',
      { configUrl: issuers.server, projectId: 'P2OtherProject0000000000000' },
      'projectId',
      /leave projectId out/,
    ],
    ['two hosts', { configUrl: issuers.server, baseUrl: 'https://auth.example.com' }, 'baseUrl', /leave baseUrl out/],
    ['an audience that is a word', { projectId, audience: 'everybody' }, 'audience', /'resource'.*'project'/],
    ['an empty audience', { projectId, audience: '' }, 'audience', /'resource'/],
    [
      'the audience of another project',
      { projectId, audience: 'P2OtherProject0000000000000' },
      'audience',
      /'resource'/,
    ],
    ['tenants in one text', { projectId, tenantIssuers: 'T2TestTenant' }, 'tenantIssuers', /list of tenant ids/],
    ['a tenant that is a path', { projectId, tenantIssuers: ['a/b'] }, 'tenantIssuers', /list of tenant ids/],
    ['a tenant that climbs', { projectId, tenantIssuers: ['..'] }, 'tenantIssuers', /list of tenant ids/],
    ['scopes in one text', { projectId, scopes: 'openid profile' }, 'scopes', /must be a list/],
    ['two scopes in one entry', { projectId, scopes: ['openid profile'] }, 'scopes', /must be a list/],
    ['a symmetric algorithm', { projectId, algorithms: ['HS256'] }, 'algorithms', /RS256/],
    ['no algorithm', { projectId, algorithms: [] }, 'algorithms', /RS256/],
    ['algorithm none', { projectId, algorithms: ['none'] }, 'algorithms', /RS256/],
  ]

  it.each(cases)('refuses %s and names the option', (_name, options, option, message) => {
    expect(() => descope(options)).toThrow(ConfigurationError)
    expect(() => descope(options)).toThrow(expect.objectContaining({ option, message: expect.stringMatching(message) }))
  })
})
