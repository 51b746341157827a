import { describe, expect, it } from 'vitest'
import { parseClientIdURL, parseClientMetadataDocument } from '../src/protocol/client-id-metadata.ts'
import type { ClientMetadata } from '../src/protocol/client-registration.ts'
import { isRegistrableRedirectURI } from '../src/protocol/redirect-uri.ts'
import { refusal } from './support/refusal.ts'

const url = 'https://client.example/oauth/client.json'
const jwk = { kty: 'OKP', crv: 'Ed25519', x: 'd'.repeat(43) }

function parse(over: Readonly<Record<string, unknown>> = {}, isAllowed = isRegistrableRedirectURI): ClientMetadata {
  const document = { client_id: url, client_name: 'Client', redirect_uris: ['https://client.example/cb'], ...over }
  const plain: unknown = JSON.parse(JSON.stringify(document))
  return parseClientMetadataDocument(plain, url, (uri) => isAllowed(uri))
}

describe('a client id that is a URL', () => {
  it.each([
    'https://client.example/client.json',
    'https://client.example/a/b',
    'https://client.example/a/',
    'https://client.example:8443/client',
    'https://client.example:443/client',
    'https://CLIENT.example/client',
    'https://client.example/client?version=2',
    'https://client.example/..client',
    'https://client.example/a..b/c',
    'https://[2606:4700::1111]/client',
    'https://xn--bcher-kva.example/client',
    'https://claude.ai/oauth/claude-code-client-metadata',
    'https://chatgpt.com/oauth/tU1UVEq8rRTK/client.json',
  ])('A073 may name a document: %s', (id) => {
    expect(parseClientIdURL(id)?.href).toBe(new URL(id).href)
  })

  it.each([
    ['http', 'http://client.example/client'],
    ['http on loopback', 'http://localhost/client'],
    ['the scheme in capitals', 'HTTPS://client.example/client'],
    ['no scheme', '//client.example/client'],
    ['another scheme', 'ftp://client.example/client'],
    ['one slash', 'https:/client.example/client'],
    ['no path', 'https://client.example'],
    ['the root', 'https://client.example/'],
    ['the root and a query', 'https://client.example/?client'],
    ['a query and no path', 'https://client.example?client=/x'],
    ['a fragment', 'https://client.example/client#top'],
    ['an empty fragment', 'https://client.example/client#'],
    ['a user', 'https://user@client.example/client'],
    ['a user and a password', 'https://user:password@client.example/client'],
    ['an empty user', 'https://@client.example/client'],
    ['two dots', 'https://client.example/a/../client'],
    ['two dots at the end', 'https://client.example/a/..'],
    ['one dot', 'https://client.example/./client'],
    ['one dot at the end', 'https://client.example/client/.'],
    ['escaped dots', 'https://client.example/a/%2e%2e/client'],
    ['half escaped dots', 'https://client.example/a/.%2E/client'],
    ['an escaped dot anywhere', 'https://client.example/client%2ejson'],
    ['a backslash', 'https://client.example\\client'],
    ['a host with a final dot', 'https://client.example./client'],
    ['an empty port', 'https://client.example:/client'],
    ['a port beyond the last', 'https://client.example:65536/client'],
    ['an address in decimal', 'https://2130706433/client'],
    ['an address in hexadecimal', 'https://0x7f.0.0.1/client'],
    ['an address in octal', 'https://0177.0.0.1/client'],
    ['a short address', 'https://127.1/client'],
    ['a mapped address', 'https://[::ffff:127.0.0.1]/client'],
    ['a long IPv6 address', 'https://[0:0:0:0:0:0:0:1]/client'],
    ['a letter beyond ASCII', 'https://cl\u00efent.example/client'],
    ['a space', 'https://client.example/cli ent'],
    ['a line break', 'https://client.example/client\n'],
    ['a tab inside', 'https://client.ex\tample/client'],
    ['more than 2048 characters', `https://client.example/${'a'.repeat(2048)}`],
    ['nothing', ''],
  ])('A073 names none with %s', (_name, id) => {
    expect(parseClientIdURL(id)).toBeUndefined()
  })
})

describe('a document', () => {
  it('A070 reads the least there is: a public client, for one session at a time', () => {
    expect(parse()).toEqual({
      redirect_uris: ['https://client.example/cb'],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code'],
      response_types: ['code'],
      client_name: 'Client',
    })
  })

  it('A070 reads what ChatGPT publishes', () => {
    expect(
      parse({
        client_uri: 'https://chatgpt.com/',
        logo_uri: 'https://persistent.oaistatic.com/sonic/misc/openai-logo.png',
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
        token_endpoint_auth_signing_alg: 'RS256',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        jwks_uri: 'https://chatgpt.com/oauth/jwks.json',
      }),
    ).toEqual({
      redirect_uris: ['https://client.example/cb'],
      token_endpoint_auth_method: 'private_key_jwt',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      client_name: 'Client',
      jwks_uri: 'https://chatgpt.com/oauth/jwks.json',
    })
  })

  it('A080 takes a client that publishes keys, and no method, for one that has to use them', () => {
    expect(parse({ jwks: { keys: [jwk] } })).toMatchObject({
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [jwk] },
    })
  })

  it('A073 takes null for a member that is left out', () => {
    const members = ['token_endpoint_auth_method', 'grant_types', 'response_types', 'jwks', 'jwks_uri', 'client_uri']
    expect(parse(Object.fromEntries(members.map((name) => [name, null])))).toEqual(parse())
  })

  it('A072 leaves out redirect URIs that policy does not allow, and repeats', () => {
    const uris = ['https://client.example/cb', 'javascript:alert(1)', 'http://evil.example/', 'http://127.0.0.1/cb']
    expect(parse({ redirect_uris: [...uris, ...uris] }).redirect_uris).toEqual([uris[0], uris[3]])
  })

  it('A088 makes the name fit to be shown', () => {
    expect(parse({ client_name: '\u202eevil\u0000\n name' }).client_name).toBe('evil name')
    expect(parse({ client_name: '\u200b\u202e' })).not.toHaveProperty('client_name')
  })

  it.each([
    ['another client_id', { client_id: 'https://client.example/other' }],
    ['a client_id in other letters', { client_id: url.toUpperCase() }],
    ['a client_id with a slash more', { client_id: `${url}/` }],
    ['a client_id in another form', { client_id: url.replace('.example', '.example:443') }],
    ['a client_id in a list', { client_id: [url] }],
    ['no client_id', { client_id: undefined }],
  ])('A071 refuses a document with %s', (_name, over) => {
    expect(() => parse(over)).toThrow(refusal('client_document_invalid'))
  })

  it.each([
    ['no client_name', { client_name: undefined }],
    ['an empty client_name', { client_name: '' }],
    ['a client_name that is no text', { client_name: 7 }],
    ['no redirect_uris', { redirect_uris: undefined }],
    ['empty redirect_uris', { redirect_uris: [] }],
    ['one redirect URI without a list', { redirect_uris: 'https://client.example/cb' }],
    ['a redirect URI that is no text', { redirect_uris: [1] }],
    ['31 redirect_uris', { redirect_uris: Array.from({ length: 31 }, (_, i) => `https://client.example/${i}`) }],
    ['no redirect URI that is allowed', { redirect_uris: ['javascript:alert(1)'] }],
    ['client_secret', { client_secret: 's3cret' }],
    ['client_secret of no value', { client_secret: null }],
    ['client_secret_expires_at', { client_secret_expires_at: 0 }],
    ['client_secret_basic', { token_endpoint_auth_method: 'client_secret_basic' }],
    ['client_secret_post', { token_endpoint_auth_method: 'client_secret_post' }],
    ['client_secret_jwt', { token_endpoint_auth_method: 'client_secret_jwt' }],
    ['a method we do not have', { token_endpoint_auth_method: 'tls_client_auth' }],
    ['an empty method', { token_endpoint_auth_method: '' }],
    ['private_key_jwt without keys', { token_endpoint_auth_method: 'private_key_jwt' }],
    ['keys that would not be used', { token_endpoint_auth_method: 'none', jwks: { keys: [jwk] } }],
    ['two places for keys', { jwks: { keys: [jwk] }, jwks_uri: 'https://client.example/jwks' }],
    ['keys over http', { jwks_uri: 'http://client.example/jwks' }],
    ['keys at a place with a password', { jwks_uri: 'https://a:b@client.example/jwks' }],
    ['no keys in their list', { jwks: { keys: [] } }],
    ['a private key', { jwks: { keys: [{ ...jwk, d: 'x' }] } }],
    ['no code in response_types', { response_types: ['token'] }],
    ['no authorization_code in grant_types', { grant_types: ['client_credentials'] }],
    ['grant_types that are no list', { grant_types: 'authorization_code' }],
  ])('A073 refuses a document with %s', (_name, over) => {
    expect(() => parse(over)).toThrow(refusal('client_document_invalid'))
  })

  it.each([null, [], 'text', 7, true, [{ client_id: url }]])('A073 refuses a document that is %j', (document) => {
    expect(() => parseClientMetadataDocument(document, url, isRegistrableRedirectURI)).toThrow(
      refusal('client_document_invalid'),
    )
  })
})
