import { describe, expect, it } from 'vitest'
import { chooseProvider } from '../src/environment/choose-provider.ts'
import { readEnvironment } from '../src/environment/read-environment.ts'
import { type EnvironmentRecord, nameVariable } from '../src/environment/variables.ts'
import { ConfigurationError } from '../src/errors.ts'
import { createOAuthProxy, type OAuthProxyOptions } from '../src/index.ts'
import { defaultLifetimes } from '../src/proxy/lifetimes.ts'
import { testProvider } from './support/provider.ts'

const secret = 'dGVzdC1yb290LXNlY3JldC1mb3ItbWNwLWF1dGgtMDE'

/** The error that a call ends in. */
function refusalOf(call: () => unknown): ConfigurationError {
  try {
    call()
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    throw error
  }
  throw new Error('it was accepted')
}

/** The error that reading these variables ends in. */
function refusal(env: EnvironmentRecord): ConfigurationError {
  return refusalOf(() => readEnvironment(env))
}

describe('readEnvironment', () => {
  it('has a default for everything', () => {
    expect(readEnvironment({ PATH: '/bin', NODE_ENV: 'production' })).toEqual({
      host: '127.0.0.1',
      port: 8000,
      baseUrl: undefined,
      resource: undefined,
      secret: undefined,
      store: { kind: 'memory' },
      provider: undefined,
      scopes: undefined,
      lifetimes: defaultLifetimes,
      upstreamTimeoutSeconds: 10,
      clientsFile: undefined,
      clientIdMetadataDocuments: true,
      clientIdMetadataDangerouslyAllow: [],
      allowedOrigins: [],
      auditLog: undefined,
    })
  })

  it('reads every variable', () => {
    const settings = readEnvironment({
      HOST: '::1',
      PORT: '0',
      MCP_AUTH_BASE_URL: 'https://mcp.example.com/team-a',
      MCP_AUTH_RESOURCE: 'https://mcp.example.com/team-a/mcp',
      MCP_AUTH_SECRET: `${secret},${'00ff'.repeat(16)}`,
      MCP_AUTH_STORE: 'memory:',
      MCP_AUTH_PROVIDER: 'discord',
      MCP_AUTH_SCOPES: ' identify  guilds identify ',
      MCP_AUTH_ACCESS_TOKEN_TTL: '600',
      MCP_AUTH_REFRESH_TOKEN_TTL: '86400',
      MCP_AUTH_CODE_TTL: '30',
      MCP_AUTH_TRANSACTION_TTL: '300',
      MCP_AUTH_REFRESH_GRACE: '0',
      MCP_AUTH_UPSTREAM_TIMEOUT: '2.5',
      MCP_AUTH_CLIENTS: './clients.json',
      MCP_AUTH_CIMD: 'off',
      MCP_AUTH_CIMD_DANGEROUSLY_ALLOW: '127.0.0.1:8080, Intranet.example:443,[::1]:9000',
      MCP_AUTH_ALLOWED_ORIGINS: 'https://app.example.com,http://app.example.com:3000,moz-extension://0a1b-2c',
      MCP_AUTH_AUDIT_LOG: '-',
    })
    expect(settings).toEqual({
      host: '::1',
      port: 0,
      baseUrl: 'https://mcp.example.com/team-a',
      resource: 'https://mcp.example.com/team-a/mcp',
      secret: `${secret},${'00ff'.repeat(16)}`,
      store: { kind: 'memory' },
      provider: 'discord',
      scopes: ['identify', 'guilds'],
      lifetimes: {
        ...defaultLifetimes,
        accessToken: 600,
        refreshToken: 86_400,
        code: 30,
        transaction: 300,
        refreshGrace: 0,
      },
      upstreamTimeoutSeconds: 2.5,
      clientsFile: './clients.json',
      clientIdMetadataDocuments: false,
      clientIdMetadataDangerouslyAllow: ['127.0.0.1:8080', 'intranet.example:443', '[::1]:9000'],
      allowedOrigins: ['https://app.example.com', 'http://app.example.com:3000', 'moz-extension://0a1b-2c'],
      auditLog: '-',
    })
  })

  it('takes a variable without a value for one that is not set', () => {
    const empty = { MCP_AUTH_SECRET: '', MCP_AUTH_CODE_TTL: ' ', PORT: '', MCP_AUTH_UNKNOWN: undefined }
    expect(readEnvironment(empty)).toEqual(readEnvironment({}))
  })

  it.each([
    ['MCP_AUTH_ACCES_TOKEN_TTL', 'did you mean MCP_AUTH_ACCESS_TOKEN_TTL?'],
    ['MCP_AUTH_SECRETS', 'did you mean MCP_AUTH_SECRET?'],
    ['MCP_AUTH_BASEURL', 'did you mean MCP_AUTH_BASE_URL?'],
    ['MCP_AUTH_COMPLETELY_DIFFERENT', 'known are MCP_AUTH_ACCESS_TOKEN_TTL, '],
  ])('K002 refuses %s, which does not exist', (name, hint) => {
    const error = refusal({ [name]: '60' })
    expect(error.option).toBe(name)
    expect(error.message).toContain(hint)
  })

  it.each([
    ['PORT', ['eighty', '-1', '65536', '1e3', '80.0', '0x50']],
    ['HOST', ['a b', 'http://localhost', '[::1', 'host/path']],
    ['MCP_AUTH_ACCESS_TOKEN_TTL', ['soon', '0', '-5', '1.5', '86401', '1e3', '٣']],
    ['MCP_AUTH_REFRESH_TOKEN_TTL', ['0', '34560001']],
    ['MCP_AUTH_CODE_TTL', ['-5', '0', '601']],
    ['MCP_AUTH_TRANSACTION_TTL', ['0', '3601']],
    ['MCP_AUTH_REFRESH_GRACE', ['-1', '301', 'none']],
    ['MCP_AUTH_UPSTREAM_TIMEOUT', ['0', '61', 'ten', '-1', 'Infinity']],
    ['MCP_AUTH_CIMD', ['maybe', 'ON', 'true', '1']],
    ['MCP_AUTH_SCOPES', ['identify "guilds"', 'identify\\']],
    ['MCP_AUTH_STORE', ['mysql://nowhere', 'memory', 'memory:now', 'redis', '/var/lib']],
    ['MCP_AUTH_CIMD_DANGEROUSLY_ALLOW', ['127.0.0.1', 'http://127.0.0.1:80', 'a b:80', '*:80']],
    [
      'MCP_AUTH_ALLOWED_ORIGINS',
      ['*', 'app.example.com', 'https://app.example.com/', 'https://*.example.com', 'https://App.example.com', 'null'],
    ],
    ['MCP_AUTH_SECRET', ['hunter2-hunter2', `${secret},${secret}`, `${secret},short`]],
  ])('K003a refuses impossible values of %s by its name, in one sentence', (name, values) => {
    for (const value of values) {
      const error = refusal({ [name]: value })
      expect(error.option).toBe(name)
      expect(error.message).toMatch(new RegExp(`^${name}: [^\\n]+$`))
    }
  })

  it('K003b never repeats what may be a secret', () => {
    const values = { MCP_AUTH_SECRET: 'hunter2-hunter2', MCP_AUTH_STORE: 'mysql://hunter2@nowhere' }
    for (const [name, value] of Object.entries(values))
      expect(refusal({ [name]: value }).message).not.toMatch('hunter2')
  })

  it.each([
    ['memory:', { kind: 'memory' }],
    ['lmdb:/var/lib/mcp-auth', { kind: 'lmdb', folder: '/var/lib/mcp-auth' }],
    ['lmdb:./my data', { kind: 'lmdb', folder: './my data' }],
    ['lmdb:C:\\data', { kind: 'lmdb', folder: 'C:\\data' }],
    ['redis://localhost', { kind: 'redis', url: 'redis://localhost' }],
    ['rediss://me:p%40ss@[::1]:6380/2', { kind: 'redis', url: 'rediss://me:p%40ss@[::1]:6380/2' }],
  ])('reads the store %s', (text, address) => {
    expect(readEnvironment({ MCP_AUTH_STORE: text, MCP_AUTH_SECRET: secret }).store).toEqual(address)
  })

  it.each([
    ['lmdb:', 'lmdb:./data'],
    ['lmdb://data', 'lmdb:./data'],
    ['lmdb:\0', 'lmdb:./data'],
    ['lmdb', 'lmdb:<folder>'],
    ['LMDB:./data', 'lmdb:<folder>'],
    ['redis:', 'redis://<host>'],
    ['redis:hunter2', 'redis://<host>'],
    ['redis://', 'redis://<host>'],
    ['redis:///hunter2', 'redis://<host>'],
    ['rediss://me:hunter2@', 'redis://<host>'],
    ['redis://me:hunter2@host:port', 'redis://<host>'],
    ['redis+sentinel://hunter2', 'redis://<host>'],
  ])('K003a K003b refuses the store %j, says what would be right, and repeats nothing of it', (text, right) => {
    const error = refusal({ MCP_AUTH_STORE: text, MCP_AUTH_SECRET: secret })
    expect(error.option).toBe('MCP_AUTH_STORE')
    expect(error.message).toContain(right)
    expect(error.message).not.toContain('hunter2')
  })

  it.each([
    ['lmdb:', 'lmdb:/var/lib/mcp-auth'],
    ['redis:', 'redis://:hunter2@localhost'],
    ['redis:', 'rediss://:hunter2@localhost'],
  ])('K003c refuses a store of kind %s without a root secret, which would not outlive the process', (kind, text) => {
    const error = refusal({ MCP_AUTH_STORE: text })
    expect(error.option).toBe('MCP_AUTH_SECRET')
    expect(error.message).toContain(`is required with a store of kind ${kind}`)
    expect(error.message).not.toContain('hunter2')
  })
})

describe('nameVariable', () => {
  const options: OAuthProxyOptions = { baseUrl: 'https://mcp.example.com', provider: testProvider, secret }

  it.each([
    ['MCP_AUTH_BASE_URL', { baseUrl: 'http://mcp.example.com' }],
    ['MCP_AUTH_RESOURCE', { resource: 'not a url' }],
    ['MCP_AUTH_SECRET', { secret: 'short' }],
    ['MCP_AUTH_SCOPES', { defaultScopes: ['unknown'] }],
    ['MCP_AUTH_CODE_TTL', { lifetimes: { code: 0 } }],
    ['MCP_AUTH_UPSTREAM_TIMEOUT', { upstreamTimeoutSeconds: 0 }],
    ['MCP_AUTH_CLIENTS', { clients: [{ client_id: 'one', redirect_uris: [] }] }],
  ])('K003a blames %s for the option it sets', (variable, wrong) => {
    const error = refusalOf(() => createOAuthProxy({ ...options, ...wrong }))
    const named = nameVariable(error)
    expect(named.option).toBe(variable)
    expect(named.message).toBe(error.message.replace(error.option, variable))
    expect(named.cause).toBe(error)
  })

  it('knows the variables of a server, and leaves an option alone that no variable sets', () => {
    const error = new ConfigurationError('clientId', 'must be digits')
    expect(nameVariable(error)).toBe(error)
    expect(nameVariable(error, { clientId: 'DISCORD_CLIENT_ID' }).message).toBe('DISCORD_CLIENT_ID: must be digits')
    expect(nameVariable(new ConfigurationError('toString', 'is odd')).option).toBe('toString')
  })
})

describe('chooseProvider', () => {
  const names = ['oidc', 'google', 'github'] as const

  it('gives the provider that MCP_AUTH_PROVIDER names, and the first one where it names none', () => {
    expect(chooseProvider(readEnvironment({ MCP_AUTH_PROVIDER: ' google ' }), names)).toBe('google')
    expect(chooseProvider(readEnvironment({}), names)).toBe('oidc')
    expect(chooseProvider(readEnvironment({ MCP_AUTH_PROVIDER: '' }), names)).toBe('oidc')
  })

  it.each(['Google', 'goog', 'google,github', '__proto__', 'toString', '0'])(
    'refuses %j with the list of names',
    (name) => {
      const error = refusalOf(() => chooseProvider(readEnvironment({ MCP_AUTH_PROVIDER: name }), names))
      expect(error.option).toBe('MCP_AUTH_PROVIDER')
      expect(error.message).toBe('MCP_AUTH_PROVIDER: must be one of oidc, google, github')
    },
  )
})
