import { describe, expect, it } from 'vitest'
import { buildConsentView, type ConsentView } from '../../src/proxy/consent-view.ts'

function view(over: Partial<Parameters<typeof buildConsentView>[0]> = {}): ConsentView {
  return buildConsentView({
    serviceName: 'My Server',
    provider: { displayName: 'Discord', scopeDescriptions: { identify: 'See your name' } },
    clientName: 'Test Client',
    isVerified: false,
    redirectURI: 'https://app.example/cb',
    scopes: ['identify'],
    ...over,
  })
}

describe('buildConsentView', () => {
  it('A1 A009 says who asks, for what, and where the answer goes', () => {
    expect(view()).toEqual({
      serviceName: 'My Server',
      providerName: 'Discord',
      clientName: 'Test Client',
      isVerified: false,
      redirectTarget: 'app.example',
      redirectURI: 'https://app.example/cb',
      isLoopback: false,
      scopes: [{ scope: 'identify', description: 'See your name' }],
    })
  })

  it.each([
    ['https://app.example:8443/cb?x=1', 'app.example:8443', false],
    ['https://App.Example/cb', 'app.example', false],
    ['http://127.0.0.1:32767/callback', '127.0.0.1:32767', true],
    ['http://localhost:32767/callback', 'localhost:32767', true],
    ['http://LOCALHOST:32767/callback', 'localhost:32767', true],
    ['http://[::1]:32767/callback', '[::1]:32767', true],
    ['cursor://anysphere.cursor-mcp/oauth/callback', 'cursor://anysphere.cursor-mcp', false],
    ['https://claude.ai.evil.example/cb', 'claude.ai.evil.example', false],
  ])('A009 A9 names the target of %s', (redirectURI, redirectTarget, isLoopback) => {
    expect(view({ redirectURI })).toMatchObject({ redirectTarget, isLoopback })
  })

  it('A009 describes the scopes the provider knows, and no others', () => {
    const scopes = ['identify', 'offline_access', 'tools:admin', 'constructor', '__proto__']
    const described = view({ scopes }).scopes.map(({ scope, description }) => [scope, description])
    expect(described).toEqual([
      ['identify', 'See your name'],
      ['offline_access', undefined],
      ['tools:admin', undefined],
      ['constructor', undefined],
      ['__proto__', undefined],
    ])
  })

  it('A8 does not let a client without a name pass for another', () => {
    expect(view({ clientName: undefined })).toMatchObject({ clientName: undefined, isVerified: false })
  })
})
