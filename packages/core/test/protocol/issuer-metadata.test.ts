import { describe, expect, it } from 'vitest'
import { issuerMetadataURLs, parseIssuerMetadata } from '../../src/protocol/issuer-metadata.ts'

const issuer = 'https://login.example'

describe('issuerMetadataURLs', () => {
  it.each([
    [issuer, ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']],
    [`${issuer}/`, ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']],
    [
      `${issuer}/a/b`,
      [
        '/.well-known/oauth-authorization-server/a/b',
        '/.well-known/openid-configuration/a/b',
        '/a/b/.well-known/openid-configuration',
      ],
    ],
    [
      `${issuer}/a/`,
      [
        '/.well-known/oauth-authorization-server/a',
        '/.well-known/openid-configuration/a',
        '/a/.well-known/openid-configuration',
      ],
    ],
  ])('A065 for %s are these, in this order', (name, places) => {
    expect(issuerMetadataURLs(name)).toEqual(places.map((place) => issuer + place))
  })

  it('keep the port', () => {
    expect(issuerMetadataURLs('http://localhost:8080/realms/x')[2]).toBe(
      'http://localhost:8080/realms/x/.well-known/openid-configuration',
    )
  })
})

describe('parseIssuerMetadata', () => {
  it('keeps members it does not know', () => {
    const document = { issuer, jwks_uri: `${issuer}/keys`, response_types_supported: ['code'], own: { a: 1 } }
    expect(parseIssuerMetadata(document)).toEqual(document)
  })

  const endpoints = [
    'authorization_endpoint',
    'token_endpoint',
    'revocation_endpoint',
    'introspection_endpoint',
    'userinfo_endpoint',
    'registration_endpoint',
    'jwks_uri',
  ]
  it.each(endpoints)('B6 refuses a document whose %s is not https, or http on a loopback host', (name) => {
    for (const url of ['http://login.example/x', 'javascript:alert(1)', 'file:///etc', '/x', '', 7, null]) {
      expect(parseIssuerMetadata({ issuer, [name]: url })).toBeUndefined()
    }
    for (const url of ['https://login.example/x', 'http://localhost:1/x', 'http://127.0.0.1/x']) {
      expect(parseIssuerMetadata({ issuer, [name]: url })).toEqual({ issuer, [name]: url })
    }
  })

  it.each([undefined, null, 'text', [], {}, { issuer: 7 }, { issuer, scopes_supported: 'a b' }])(
    'refuses %o',
    (document) => {
      expect(parseIssuerMetadata(document)).toBeUndefined()
    },
  )

  it('D2 takes no endpoint from what is called like the prototype', () => {
    const document: unknown = JSON.parse(`{"issuer":"${issuer}","__proto__":{"jwks_uri":"http://evil.example"}}`)
    expect(parseIssuerMetadata(document)?.jwks_uri).toBeUndefined()
  })
})
