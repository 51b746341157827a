import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AuthorizationServerMetadata,
  buildAuthorizationServerMetadata,
} from '../../src/protocol/authorization-server-metadata.ts'
import { anyText } from '../support/any-text.ts'

const endpoints = {
  authorization: 'https://as.example/authorize',
  token: 'https://as.example/token',
  registration: 'https://as.example/register',
  revocation: 'https://as.example/revoke',
  introspection: 'https://as.example/introspect',
  jwks: 'https://as.example/jwks',
}
const resources = ['https://as.example/mcp']

interface Overrides {
  readonly issuer?: string
  readonly endpoints?: Partial<typeof endpoints>
  readonly clientIdMetadataDocuments?: boolean
}

function build(over: Overrides = {}): AuthorizationServerMetadata {
  return buildAuthorizationServerMetadata({
    issuer: over.issuer ?? 'https://as.example',
    endpoints: { ...endpoints, ...over.endpoints },
    scopes: ['identify', 'offline_access'],
    resources,
    clientIdMetadataDocuments: over.clientIdMetadataDocuments ?? true,
  })
}

describe('authorization server metadata', () => {
  it('A057 A059 A060 A062 has the members RFC 8414, RFC 9207, RFC 9728 and PKCE ask for', () => {
    const secretOrKey = ['client_secret_basic', 'client_secret_post', 'private_key_jwt']
    const algorithms = build().token_endpoint_auth_signing_alg_values_supported
    expect(build()).toEqual({
      issuer: 'https://as.example',
      authorization_endpoint: 'https://as.example/authorize',
      token_endpoint: 'https://as.example/token',
      registration_endpoint: 'https://as.example/register',
      revocation_endpoint: 'https://as.example/revoke',
      introspection_endpoint: 'https://as.example/introspect',
      jwks_uri: 'https://as.example/jwks',
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_methods_supported: ['none', ...secretOrKey],
      token_endpoint_auth_signing_alg_values_supported: algorithms,
      revocation_endpoint_auth_methods_supported: ['none', ...secretOrKey],
      revocation_endpoint_auth_signing_alg_values_supported: algorithms,
      introspection_endpoint_auth_methods_supported: secretOrKey,
      introspection_endpoint_auth_signing_alg_values_supported: algorithms,
      client_id_metadata_document_supported: true,
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      scopes_supported: ['identify', 'offline_access'],
      protected_resources: resources,
    })
  })

  it('A116 advertises no symmetric algorithm for assertions, and not none', () => {
    const algorithms = build().token_endpoint_auth_signing_alg_values_supported
    expect(algorithms).toContain('ES256')
    expect(algorithms.filter((algorithm) => /^(HS|none)/i.test(algorithm))).toEqual([])
  })

  it('A069 advertises client id metadata documents only where they work', () => {
    expect(build({ clientIdMetadataDocuments: false })).not.toHaveProperty('client_id_metadata_document_supported')
  })

  it.each([
    'https://as.example',
    'https://as.example/',
    'https://AS.example',
    'https://as.example:443/team-a/',
    'http://127.0.0.1:8000',
  ])('A055 A057 B5 echoes the issuer %s byte for byte', (issuer) => {
    expect(build({ issuer }).issuer).toBe(issuer)
  })

  it('A061 publishes http only on a loopback host', () => {
    const local = 'http://localhost:8000/authorize'
    expect(build({ endpoints: { authorization: local } }).authorization_endpoint).toBe(local)
  })

  it.each([
    ['a command in the query', 'https://as.example/authorize?$(calc.exe)'],
    ['a command in the path', 'https://as.example/$(touch+x)'],
    ['a back-quoted command', 'https://as.example/`id`'],
    ['a command after an ampersand', 'https://as.example/authorize&calc'],
    ['a command after a semicolon', 'https://as.example/a;id'],
    ['a command after a bar', 'https://as.example/a|id'],
    ['a space', 'https://as.example/a b'],
    ['a quotation mark', 'https://as.example/"a'],
    ['an apostrophe', "https://as.example/'a"],
    ['an escape', 'https://as.example/%22'],
    ['a line break', 'https://as.example/a\n'],
    ['a letter beyond ASCII', 'https://as.example/\u00e9'],
    ['user information', 'https://user@as.example/a'],
    ['a fragment', 'https://as.example/a#b'],
    ['a script', 'javascript:alert(1)'],
    ['a script with slashes', 'javascript://as.example/a'],
    ['another scheme', 'file:///etc/passwd'],
    ['no scheme', '/authorize'],
    ['http on a real host', 'http://as.example/authorize'],
    ['http on a host that begins like loopback', 'http://localhost.evil.example/authorize'],
    ['a host that is none', 'https://[1/authorize'],
    ['nothing', ''],
  ])('B6 refuses to publish an endpoint with %s', (_name, url) => {
    for (const name of Object.keys(endpoints)) {
      expect(() => build({ endpoints: { [name]: url } })).toThrow(TypeError)
    }
    expect(() => build({ issuer: url })).toThrow(TypeError)
  })

  it('B6 publishes nothing but plain https and loopback URLs, whatever it is given', () => {
    const plain = fc.constantFrom('as.example', '/', 'authorize', 'a-b_c~d', ':443', 'localhost', '[::1]')
    const odd = fc.constantFrom('@', '?', '#', '%20', '$(id)', '`id`', "'", '"', '\\', ';', '&', '//', '\n', '127.1')
    const start = fc.constantFrom('https://', 'http://', 'https://as.example/', 'http://localhost', 'javascript:', '')
    const piece = fc.oneof(plain, plain, odd, anyText(3))
    const url = fc.tuple(start, fc.array(piece, { maxLength: 4 })).map(([first, pieces]) => first + pieces.join(''))
    const published = fc.sample(url, 2000).map(publish)
    expect(published.filter((one) => one !== undefined).length).toBeGreaterThan(0)
    for (const one of published.filter((text) => text !== undefined)) {
      expect(one).not.toMatch(/[^\w.:/~[\]-]/)
      const { protocol, hostname, username, search, hash } = new URL(one)
      expect([username, search, hash]).toEqual(['', '', ''])
      expect(protocol === 'https:' ? 'https' : `${protocol}//${hostname}`).toMatch(
        /^(https|http:\/\/(localhost|127\.0\.0\.1|\[::1\]))$/,
      )
    }
  })
})

/** The endpoint as published, or nothing when it was refused. */
function publish(authorization: string): string | undefined {
  try {
    return build({ endpoints: { authorization } }).authorization_endpoint
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}
