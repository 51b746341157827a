import { ConfigurationError } from '@mcp-auth/core'
import { type DiscordOptions, discord } from '@mcp-auth/provider-discord'
import { describe, expect, it } from 'vitest'
import manifest from '../package.json' with { type: 'json' }

const required = { clientId: '157730590492196864', clientSecret: 'secret' }

describe('discord', () => {
  it('describes Discord with nothing but an id and a secret', () => {
    expect(discord(required)).toEqual({
      name: 'discord',
      displayName: 'Discord',
      clientId: '157730590492196864',
      clientSecret: 'secret',
      tokenEndpointAuthMethod: 'client_secret_basic',
      authorizationEndpoint: 'https://discord.com/oauth2/authorize',
      tokenEndpoint: 'https://discord.com/api/v10/oauth2/token',
      revocationEndpoint: 'https://discord.com/api/v10/oauth2/token/revoke',
      revocationIsUserWide: true,
      issuer: 'https://discord.com',
      requireIssuer: false,
      scopes: ['identify'],
      supportedScopes: ['identify'],
      identityScopes: ['identify'],
      scopeDescriptions: expect.any(Object),
      headers: { 'User-Agent': expect.any(String) },
      identify: expect.any(Function),
      classifyError: expect.any(Function),
    })
  })

  it('introduces itself in the form Discord asks for, with the major version of the package', () => {
    const userAgent = discord(required).headers?.['User-Agent']
    expect(userAgent).toMatch(/^DiscordBot \(https:\/\/[^ ,()]+, \d+\)$/)
    expect(userAgent).toContain(`, ${manifest.version.split('.')[0]})`)
  })

  it('offers optional scopes without asking for them, each scope once and with a description', () => {
    const provider = discord({
      ...required,
      scopes: ['identify', 'guilds', 'guilds'],
      optionalScopes: ['email', 'guilds'],
    })
    expect(provider.scopes).toEqual(['identify', 'guilds'])
    expect(provider.supportedScopes).toEqual(['identify', 'guilds', 'email'])
    for (const scope of provider.supportedScopes) expect(provider.scopeDescriptions?.[scope]).toMatch(/^[A-Z].+[^.]$/)
  })

  it('passes prompt, issuer rule, addresses and User-Agent on', () => {
    const provider = discord({
      ...required,
      prompt: 'none',
      requireIssuer: true,
      apiUrl: 'http://127.0.0.1:8001/api/v10/',
      authorizeUrl: 'http://localhost:8001/oauth2/authorize',
      userAgent: 'DiscordBot (https://my-server.example, 1.0) Fetch',
    })
    expect(provider).toMatchObject({
      authorizationParameters: { prompt: 'none' },
      requireIssuer: true,
      tokenEndpoint: 'http://127.0.0.1:8001/api/v10/oauth2/token',
      authorizationEndpoint: 'http://localhost:8001/oauth2/authorize',
      headers: { 'User-Agent': 'DiscordBot (https://my-server.example, 1.0) Fetch' },
    })
  })

  it('takes undefined for a default, as an absent environment variable gives', () => {
    const provider = discord({
      ...required,
      scopes: undefined,
      apiUrl: undefined,
      prompt: undefined,
      userAgent: undefined,
    })
    expect(provider).toMatchObject({ scopes: ['identify'], tokenEndpoint: 'https://discord.com/api/v10/oauth2/token' })
    expect(provider).not.toHaveProperty('authorizationParameters')
  })

  it('cannot be changed afterwards, neither itself nor what it holds', () => {
    const scopes = ['identify']
    const provider = discord({ ...required, scopes, prompt: 'consent' })
    scopes.push('guilds')
    expect(provider.scopes).toEqual(['identify'])
    const frozen = [
      provider,
      provider.scopes,
      provider.supportedScopes,
      provider.identityScopes,
      provider.scopeDescriptions,
      provider.authorizationParameters,
      provider.headers,
    ]
    expect(frozen.map((part) => Object.isFrozen(part))).toEqual(frozen.map(() => true))
  })
})

describe('options that cannot work', () => {
  const cases: readonly (readonly [string, keyof DiscordOptions, unknown, RegExp])[] = [
    ['a client id that is a word', 'clientId', 'my-app', /Application ID.*17 to 20 digits/],
    ['a client id that lost digits as a number', 'clientId', 157_730_590_492_196_860, /in a string/],
    ['an absent client id', 'clientId', undefined, /Application ID/],
    ['a client id with a line feed', 'clientId', '157730590492196864\n', /Application ID/],
    ['an empty secret', 'clientSecret', '', /client secret/],
    ['a secret pasted with a space', 'clientSecret', 'hunter2 ', /without spaces/],
    ['an unknown prompt', 'prompt', 'login', /'consent' or 'none'/],
    ['a requireIssuer that is text', 'requireIssuer', 'false', /true or false/],
    ['a User-Agent of another form', 'userAgent', 'my-server/1.0', /DiscordBot \(https/],
    ['a User-Agent with a line break', 'userAgent', 'DiscordBot (https://a.example, 1)\r\nX: y', /DiscordBot \(https/],
    ['scopes in one text', 'scopes', 'identify guilds', /must be a list/],
    ['no scope at all', 'scopes', [], /at least one/],
    ['two scopes in one entry', 'scopes', ['identify guilds'], /Use some of: identify, email, guilds/],
    ['a misspelt scope', 'scopes', ['guild'], /"guild" is not a scope/],
    ['a scope for games', 'scopes', ['rpc'], /"rpc" is not a scope/],
    ['the name of an inherited property', 'scopes', ['constructor'], /"constructor" is not a scope/],
    ['a scope that is no text', 'scopes', [7], /7 is not a scope/],
    ['bot', 'scopes', ['identify', 'bot'], /bot is not possible.*adds a bot/],
    ['webhook.incoming', 'scopes', ['webhook.incoming'], /creates a webhook/],
    ['role_connections.write, which excludes PKCE', 'scopes', ['role_connections.write'], /PKCE/],
    ['offline_access', 'optionalScopes', ['offline_access'], /refresh token always/],
    ['plain http on a real host', 'apiUrl', 'http://discord.example/api', /must begin with https/],
    ['an address that only looks like loopback', 'apiUrl', 'http://127.0.0.1.example/api', /must begin with https/],
    ['a relative address', 'apiUrl', '/api/v10', /absolute URL/],
    ['another scheme', 'authorizeUrl', 'javascript:alert(1)', /must begin with https/],
    ['credentials in an address', 'apiUrl', 'https://user:pass@discord.com/api/v10', /no user name/],
    ['a query in an address', 'authorizeUrl', 'https://discord.com/oauth2/authorize?scope=bot', /query/],
  ]

  it.each(cases)('refuses %s and names the option', (_name, option, value, message) => {
    const options = { ...required, [option]: value }
    expect(() => discord(options)).toThrow(ConfigurationError)
    expect(() => discord(options)).toThrow(expect.objectContaining({ option, message: expect.stringMatching(message) }))
  })

  it('D8: never repeats the secret', () => {
    const attempt = (): unknown => discord({ ...required, clientSecret: 'hunter2 hunter2' })
    expect(attempt).toThrow(ConfigurationError)
    expect(attempt).not.toThrow(/hunter2/)
  })
})
