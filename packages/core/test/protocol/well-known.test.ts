import { describe, expect, it } from 'vitest'
import {
  authorizationServerMetadataPaths,
  getProtectedResourceMetadataURL,
  protectedResourceMetadataPaths,
  wellKnownPath,
} from '../../src/protocol/well-known.ts'

describe('well-known locations', () => {
  it.each([
    ['https://as.example', '/.well-known/oauth-authorization-server'],
    ['https://as.example/', '/.well-known/oauth-authorization-server'],
    ['https://as.example/team-a', '/.well-known/oauth-authorization-server/team-a'],
    ['https://as.example/team-a/', '/.well-known/oauth-authorization-server/team-a'],
    ['https://as.example/a/b', '/.well-known/oauth-authorization-server/a/b'],
  ])('A065 puts the suffix between host and path of %s', (issuer, path) => {
    expect(wellKnownPath(issuer, 'oauth-authorization-server')).toBe(path)
  })

  it.each([
    ['https://rs.example/mcp', 'https://rs.example/.well-known/oauth-protected-resource/mcp'],
    ['https://rs.example:8443/mcp/', 'https://rs.example:8443/.well-known/oauth-protected-resource/mcp'],
    ['https://rs.example', 'https://rs.example/.well-known/oauth-protected-resource'],
    ['http://[::1]:8000/a/mcp', 'http://[::1]:8000/.well-known/oauth-protected-resource/a/mcp'],
  ])('A053 A054 says where the metadata of %s is', (resource, url) => {
    expect(getProtectedResourceMetadataURL(resource)).toBe(url)
  })

  it('A057 A058 A066 serves the metadata of an issuer without path at the root', () => {
    expect(new Set(authorizationServerMetadataPaths('https://as.example'))).toEqual(
      new Set(['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']),
    )
  })

  it('A065 serves the metadata of an issuer with path inserted and appended, and never at the root', () => {
    expect(authorizationServerMetadataPaths('https://as.example/team-a')).toEqual([
      '/.well-known/oauth-authorization-server/team-a',
      '/.well-known/openid-configuration/team-a',
      '/team-a/.well-known/oauth-authorization-server',
      '/team-a/.well-known/openid-configuration',
    ])
  })

  it('A054 serves the resource metadata at the root only where no other server can be meant', () => {
    expect(protectedResourceMetadataPaths('https://rs.example/mcp', 'https://rs.example')).toEqual([
      '/.well-known/oauth-protected-resource/mcp',
      '/.well-known/oauth-protected-resource',
    ])
    expect(protectedResourceMetadataPaths('https://rs.example/team-a/mcp', 'https://rs.example/team-a')).toEqual([
      '/.well-known/oauth-protected-resource/team-a/mcp',
    ])
  })
})
