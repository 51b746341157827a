import { describe, expect, it } from 'vitest'
import type { ProtectedResourceDescription } from '../src/handlers/context.ts'
import { anonymousSession, createForwarding, toSession } from '../src/handlers/sessions.ts'
import type { VerifiedToken } from '../src/verifier.ts'
import { misconfiguration } from './support/refusal.ts'

const resource = 'https://mcp.example/mcp'
const description: ProtectedResourceDescription = {
  resource,
  metadataURL: 'https://mcp.example/.well-known/oauth-protected-resource/mcp',
  scopes: [],
  metadata: { resource, authorization_servers: ['https://login.example'], bearer_methods_supported: ['header'] },
}
const verified: VerifiedToken = {
  subject: 'user-1',
  clientId: 'client-1',
  scopes: Object.freeze(['read']),
  expiresAt: 1_700_000_600,
  issuer: 'https://login.example',
  username: 'ada',
  claims: Object.freeze({ plan: 'pro' }),
}

describe('dangerouslyForwardTokenTo', () => {
  const forward = createForwarding(['https://api.example/v1/', 'https://files.example', 'http://localhost:8080'])

  it.each([
    'https://api.example/v1',
    'https://api.example/v1/',
    'https://api.example/v1/users?q=../../x#top',
    'https://api.example:443/v1/a/b',
    'https://API.example/v1/a',
    'https://api.example/v1/a/../b',
    'https://api.example/v1/caf%C3%A9',
    'https://files.example',
    'https://files.example/any/where',
    'http://localhost:8080/x',
  ])('C9 forwards to what is named, and to what is below it: %s', (url) => {
    expect(forward('t', url)).toBe('Bearer t')
    expect(forward('t', new URL(url))).toBe('Bearer t')
  })

  it.each([
    'https://api.example',
    'https://api.example/v2',
    'https://api.example/v10',
    'https://api.example/V1/a',
    'https://api.example/v1/../admin',
    'https://api.example/v1/%2e%2e/admin',
    'https://api.example/v1/%2E./admin',
    'https://api.example/v1/..%2fadmin',
    'https://api.example/v1/..%5cadmin',
    'https://api.example/v1/%252e%252e/admin',
    'https://api.example/v1/..;/admin',
    'https://api.example/v1/.;/admin',
    'https://api.example/v1/a%00',
    'https://api.example/v1\\..\\admin',
    'http://api.example/v1',
    'https://api.example:8443/v1',
    'https://api.example.evil.example/v1',
    'https://api.example@evil.example/v1',
    'https://user@api.example/v1',
    'https://user:password@api.example/v1',
    'https://evil.example/https://api.example/v1',
    'https://files.example./x',
    'http://localhost:8081/x',
    'http://127.0.0.1:8080/x',
    'data:text/plain,https://api.example/v1',
    '/v1',
    '',
  ])('C9 throws for everything else: %s', (url) => {
    expect(() => forward('t', url)).toThrow(TypeError)
  })

  it('C9 forwards nothing by default, and never an empty token', () => {
    expect(() => createForwarding()('t', 'https://api.example/v1')).toThrow(TypeError)
    expect(() => forward('', 'https://api.example/v1')).toThrow(TypeError)
  })

  it('D8 says in its error where, and not what', () => {
    expect(() => forward('sesame', 'https://evil.example/?q=secret')).toThrow(/^(?!.*(?:sesame|secret)).*evil\.example/)
  })

  it.each([
    'http://api.example',
    'https://user@api.example',
    'https://api.example/?a=b',
    'https://api.example/#a',
    'api.example',
    '*',
    '',
  ])('refuses %o at the start', (entry) => {
    expect(() => createForwarding([entry])).toThrow(misconfiguration('dangerouslyForwardTokenTo'))
  })
})

describe('the session of a verified token', () => {
  const options = { roles: Object.freeze(['admin']), forward: createForwarding(['https://api.example']) }

  it('has what the SDK reads, and who it is', () => {
    expect(toSession(verified, 'token', description, options)).toMatchObject({
      token: 'token',
      clientId: 'client-1',
      scopes: ['read'],
      expiresAt: 1_700_000_600,
      resource: new URL(resource),
      resourceMetadataUrl: description.metadataURL,
      subject: 'user-1',
      roles: ['admin'],
      anonymous: false,
      identity: { subject: 'user-1', username: 'ada', claims: { plan: 'pro' } },
      extra: { sub: 'user-1', iss: 'https://login.example', username: 'ada', roles: ['admin'] },
    })
  })

  it('holds no secret in what is handed on as extra, and leaves out what nobody said', () => {
    const { issuer: _issuer, username: _username, ...plain } = verified
    const { extra, identity } = toSession(plain, 'token', description, options)
    expect(extra).toEqual({ sub: 'user-1', roles: ['admin'] })
    expect(Object.keys(identity)).toEqual(['subject', 'claims'])
  })

  it('may be changed without a trace in the session of the next request', () => {
    const first = toSession(verified, 'token', description, options)
    first.scopes.push('admin')
    const roles: unknown = first.extra['roles']
    if (Array.isArray(roles)) roles.push('owner')
    const next = toSession(verified, 'token', description, options)
    expect([next.scopes, next.roles]).toEqual([['read'], ['admin']])
  })

  it('C9 gives its token only for URLs that are named, and has no token of the provider', async () => {
    const session = toSession(verified, 'token', description, options)
    expect(session.forwardedAuthorization('https://api.example/x')).toBe('Bearer token')
    expect(() => session.forwardedAuthorization('https://evil.example')).toThrow(TypeError)
    await expect(session.getUpstreamAccessToken()).rejects.toThrow(TypeError)
  })
})

describe('the session of nobody', () => {
  it('says so, may do nothing, and has no token', async () => {
    const session = anonymousSession(description)
    expect(session).toMatchObject({
      token: '',
      clientId: '',
      scopes: [],
      subject: '',
      roles: [],
      anonymous: true,
      identity: { subject: '', claims: {} },
      extra: { roles: [] },
    })
    expect(() => session.forwardedAuthorization('https://api.example')).toThrow(TypeError)
    await expect(session.getUpstreamAccessToken()).rejects.toThrow(TypeError)
  })
})
