import { ConfigurationError } from '@mcp-auth/core'
import { type GitHubOptions, github } from '@mcp-auth/provider-github'
import { describe, expect, it } from 'vitest'

const required = { clientId: 'Ov23liA1b2C3d4E5f6G7', clientSecret: '0123456789abcdef' }

describe('github()', () => {
  it("is GitHub's endpoints, for an OAuth App by default", () => {
    expect(github(required)).toMatchObject({
      name: 'github',
      displayName: 'GitHub',
      ...required,
      tokenEndpointAuthMethod: 'client_secret_post',
      authorizationEndpoint: 'https://github.com/login/oauth/authorize',
      tokenEndpoint: 'https://github.com/login/oauth/access_token',
      issuer: 'https://github.com/login/oauth',
      requireIssuer: false,
      scopes: ['read:user'],
      supportedScopes: ['read:user'],
      identityScopes: [],
      authorizationParameters: {},
      headers: { 'User-Agent': '@mcp-auth/provider-github', 'X-GitHub-Api-Version': '2022-11-28' },
    })
  })

  it('has no revocation endpoint: what GitHub has instead is not RFC 7009', () => {
    expect(github(required)).not.toHaveProperty('revocationEndpoint')
  })

  it.each<readonly [string, Partial<GitHubOptions>, Readonly<Record<string, unknown>>]>([
    [
      'an Enterprise Server',
      { baseUrl: 'https://ghe.example.com/' },
      {
        issuer: 'https://ghe.example.com/login/oauth',
        authorizationEndpoint: 'https://ghe.example.com/login/oauth/authorize',
        tokenEndpoint: 'https://ghe.example.com/login/oauth/access_token',
      },
    ],
    [
      'one scope of a GitHub App, so that clients have something to ask for',
      { kind: 'github-app' },
      { scopes: ['github'] },
    ],
    [
      'scopes of your own with a GitHub App',
      { kind: 'github-app', scopes: ['issues'], optionalScopes: ['deploy'] },
      { scopes: ['issues'], supportedScopes: ['issues', 'deploy'] },
    ],
    ['a choice of accounts', { prompt: 'select_account' }, { authorizationParameters: { prompt: 'select_account' } }],
    ['no new accounts', { allowSignup: false }, { authorizationParameters: { allow_signup: 'false' } }],
    ['a scope to see memberships', { organizations: ['octo-org'] }, { identityScopes: ['read:org'] }],
    [
      'no scope to see memberships with a GitHub App',
      { organizations: ['octo-org'], kind: 'github-app' },
      { identityScopes: [] },
    ],
    [
      'another User-Agent and a required issuer',
      { userAgent: 'my-server/1.0', requireIssuer: true },
      { requireIssuer: true, headers: { 'User-Agent': 'my-server/1.0' } },
    ],
  ])('has %s', (_name, options, expected) => {
    expect(github({ ...required, ...options })).toMatchObject(expected)
  })

  it.each<readonly [string, readonly string[], readonly string[]]>([
    ['what it says', ['read:user'], ['read:user']],
    [
      'what GitHub leaves out because a wider scope contains it',
      ['user', 'admin:org'],
      ['user', 'read:user', 'user:email', 'user:follow', 'admin:org', 'write:org', 'read:org', 'manage_runners:org'],
    ],
    ['nothing when nothing was granted', [], []],
  ])("reads an OAuth App's answer about scopes as %s", (_name, answered, scopes) => {
    const read = github(required).readGrantedScopes?.(answered)
    expect([...(read ?? ['?'])].sort()).toEqual([...scopes].sort())
  })

  it("reads nothing out of a GitHub App's answer about scopes, which is always empty", () => {
    const provider = github({ ...required, kind: 'github-app' })
    expect('readGrantedScopes' in provider).toBe(true)
    expect(provider.readGrantedScopes?.([])).toBeUndefined()
  })

  it('takes undefined for a default, as an absent environment variable gives', () => {
    const absent = {
      scopes: undefined,
      organizations: undefined,
      baseUrl: undefined,
      kind: undefined,
      email: undefined,
    }
    expect(github({ ...required, ...absent })).toMatchObject({ scopes: ['read:user'], identityScopes: [] })
  })

  it('cannot be changed afterwards, neither itself nor what it holds', () => {
    const scopes = ['repo']
    const provider = github({ ...required, scopes, organizations: ['octo-org'] })
    scopes.push('gist')
    expect(provider.scopes).toEqual(['repo'])
    const lists = [provider.scopes, provider.supportedScopes, provider.identityScopes]
    const records = [provider, provider.scopeDescriptions, provider.authorizationParameters, provider.headers]
    expect([...lists, ...records].map((part) => Object.isFrozen(part))).toEqual(Array(7).fill(true))
  })
})

describe('options that cannot work', () => {
  const cases: readonly (readonly [string, keyof GitHubOptions, unknown, RegExp])[] = [
    ['an App ID', 'clientId', '123456789', /not its App ID/],
    ['an absent client id', 'clientId', undefined, /Client ID/],
    ['a client id with a line feed', 'clientId', `${required.clientId}\n`, /Client ID/],
    ['an address for an id', 'clientId', 'https://github.com/apps/x', /Client ID/],
    ['an empty secret', 'clientSecret', '', /client secret/],
    ['a secret pasted with a space', 'clientSecret', 'hunter2 ', /without spaces/],
    ['another kind', 'kind', 'app', /'oauth-app' or 'github-app'/],
    ['an unknown prompt', 'prompt', 'consent', /'select_account'/],
    ['an allowSignup that is text', 'allowSignup', 'false', /true or false/],
    ['an email that is text', 'email', 'nelly@example.com', /true or false/],
    ['a requireIssuer that is text', 'requireIssuer', 'false', /true or false/],
    ['an empty User-Agent', 'userAgent', '', /plain characters/],
    ['a User-Agent with a line break', 'userAgent', 'a\r\nX: y', /plain characters/],
    ['scopes in one text', 'scopes', 'repo gist', /must be a list/],
    ['no scope at all', 'scopes', [], /at least one/],
    ['two scopes in one entry', 'scopes', ['repo gist'], /not one scope/],
    ['two scopes with a comma', 'scopes', ['repo,gist'], /not one scope/],
    ['a scope that is no text', 'scopes', [7], /7 is not one scope/],
    ['offline_access', 'optionalScopes', ['offline_access'], /setting of the app/],
    ['organizations in one text', 'organizations', 'octo-org', /must be a list/],
    ['no organization, which could mean everybody', 'organizations', [], /must be a list/],
    ['an organization that is a path', 'organizations', ['../user'], /must be a list/],
    ['an empty organization', 'organizations', [''], /must be a list/],
    ['plain http on a real host', 'baseUrl', 'http://ghe.example.com', /begin with https/],
    ['an address that only looks like loopback', 'apiUrl', 'http://127.0.0.1.example/api', /begin with https/],
    ['a relative address', 'apiUrl', '/api/v3', /absolute URL/],
    ['credentials in an address', 'baseUrl', 'https://a:b@ghe.example.com', /user name/],
    ['a query in an address', 'baseUrl', 'https://ghe.example.com/?a=b', /query/],
  ]

  it.each(cases)('refuses %s and names the option', (_name, option, value, message) => {
    const attempt = (): unknown => github({ ...required, [option]: value })
    expect(attempt).toThrow(ConfigurationError)
    expect(attempt).toThrow(expect.objectContaining({ option, message: expect.stringMatching(message) }))
  })

  it('D8: never repeats the secret', () => {
    const attempt = (): unknown => github({ ...required, clientSecret: 'hunter2 hunter2' })
    expect(attempt).toThrow(ConfigurationError)
    expect(attempt).not.toThrow(/hunter2/)
  })
})
