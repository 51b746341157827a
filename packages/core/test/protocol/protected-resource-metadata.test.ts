import { describe, expect, it } from 'vitest'
import { buildProtectedResourceMetadata } from '../../src/protocol/protected-resource-metadata.ts'

const options = { resource: 'https://rs.example/mcp', issuer: 'https://as.example', scopes: ['identify'] }

describe('protected resource metadata', () => {
  it('A053 A055 A056 names the resource and its authorization server byte for byte', () => {
    expect(buildProtectedResourceMetadata(options)).toEqual({
      resource: 'https://rs.example/mcp',
      authorization_servers: ['https://as.example'],
      scopes_supported: ['identify'],
      bearer_methods_supported: ['header'],
    })
    expect(buildProtectedResourceMetadata({ ...options, issuer: 'https://as.example/' }).authorization_servers).toEqual(
      ['https://as.example/'],
    )
  })

  it('A056 never asks for offline_access', () => {
    const scopes = ['identify', 'offline_access', 'guilds']
    expect(buildProtectedResourceMetadata({ ...options, scopes }).scopes_supported).toEqual(['identify', 'guilds'])
    expect(buildProtectedResourceMetadata({ ...options, scopes: ['offline_access'] })).not.toHaveProperty(
      'scopes_supported',
    )
  })

  it('carries the name of the service when there is one', () => {
    expect(buildProtectedResourceMetadata({ ...options, name: 'My Server' }).resource_name).toBe('My Server')
    expect(buildProtectedResourceMetadata(options)).not.toHaveProperty('resource_name')
  })

  it.each([
    ['a command', 'https://rs.example/$(id)'],
    ['a quotation mark', 'https://rs.example/"'],
    ['a fragment', 'https://rs.example/mcp#x'],
    ['a script', 'javascript:alert(1)'],
    ['http on a real host', 'http://rs.example/mcp'],
    ['no scheme', 'rs.example/mcp'],
  ])('B6 refuses to publish a URL with %s', (_name, url) => {
    expect(() => buildProtectedResourceMetadata({ ...options, resource: url })).toThrow(TypeError)
    expect(() => buildProtectedResourceMetadata({ ...options, issuer: url })).toThrow(TypeError)
  })
})
