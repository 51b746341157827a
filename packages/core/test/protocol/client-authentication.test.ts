import { describe, expect, it } from 'vitest'
import { decodeBase64 } from '../../src/platform/base64.ts'
import { type ClientCredentials, parseClientCredentials } from '../../src/protocol/client-authentication.ts'
import { parseParameters } from '../../src/protocol/form.ts'
import { refusal } from '../support/refusal.ts'

function parse(authorization: string | null, form = ''): ClientCredentials {
  return parseClientCredentials(authorization, parseParameters(new URLSearchParams(form)), decodeBase64)
}

function basic(text: string, encoding: 'base64' | 'base64url' = 'base64'): string {
  return `Basic ${Buffer.from(text).toString(encoding)}`
}

describe('client_secret_basic', () => {
  it.each([
    ['plainly', basic('my-client:s3cret'), 'my-client', ['s3cret']],
    ['in lower case', basic('my-client:s3cret').replace('Basic', 'basic'), 'my-client', ['s3cret']],
    ['after several spaces', basic('my-client:s3cret').replace(' ', '   '), 'my-client', ['s3cret']],
    ['percent-encoded as the RFC asks', basic('a%3Ab%25:p%40ss%20w%2Br'), 'a:b%', ['p%40ss%20w%2Br', 'p@ss w+r']],
    ['form-encoded with a plus sign', basic('my+client:a+b'), 'my client', ['a+b', 'a b']],
    ['raw with a percent sign', basic('my-client:100%'), 'my-client', ['100%']],
    ['with colons in the secret', basic('my-client:a:b::c'), 'my-client', ['a:b::c']],
    ['with a secret beyond ASCII', basic('my-client:p\u00e4ss\u{1f511}'), 'my-client', ['p\u00e4ss\u{1f511}']],
    ['in base64url', basic('my-client:\u00ff\u00fe\u00fd??>>', 'base64url'), 'my-client', ['\u00ff\u00fe\u00fd??>>']],
    ['without a secret', basic('my-client:'), 'my-client', []],
  ])('A043 reads credentials sent %s', (_name, header, clientId, secrets) => {
    expect(parse(header)).toEqual({ clientId, secrets, method: 'client_secret_basic' })
  })

  it('A046 accepts the same client_id in the body', () => {
    expect(parse(basic('my-client:s3cret'), 'client_id=my-client')).toMatchObject({
      clientId: 'my-client',
      secrets: ['s3cret'],
    })
  })

  it.each([
    ['a secret in the body too', 'client_secret=s3cret'],
    ['another secret in the body', 'client_id=my-client&client_secret=other'],
    ['another client in the body', 'client_id=other'],
  ])('A046 refuses header credentials with %s', (_name, form) => {
    expect(() => parse(basic('my-client:s3cret'), form)).toThrow(refusal('client_authentication_twice'))
  })

  it.each([
    ['another scheme', 'Bearer abc'],
    ['two headers joined', `${basic('a:b')}, ${basic('c:d')}`],
    ['the scheme alone', 'Basic'],
    ['the scheme and a space', 'Basic '],
    ['nothing', ''],
    ['no colon', basic('my-client')],
    ['no client id', basic(':s3cret')],
    ['a length base64 cannot have', 'Basic QUJDR'],
    ['a character base64 does not have', 'Basic bXk6c2Vj*g=='],
    ['padding inside', 'Basic bXk=OnM='],
    ['bytes that are not UTF-8', `Basic ${Buffer.from([0x61, 0x3a, 0xff, 0xfe]).toString('base64')}`],
    ['no space', 'BasicYTpi'],
    ['a line break', 'Basic YTpi\r\nX: y'],
  ])('A046 refuses a header with %s as an authentication that failed', (_name, header) => {
    expect(() => parse(header, 'client_id=my-client')).toThrow(refusal('client_authentication'))
  })
})

describe('credentials in the body', () => {
  it('A044 reads client_secret_post', () => {
    expect(parse(null, 'client_id=my-client&client_secret=a%25+b')).toEqual({
      clientId: 'my-client',
      secrets: ['a% b'],
      method: 'client_secret_post',
    })
  })

  it.each(['client_id=my-client', 'client_id=my-client&client_secret='])('A044 reads a public client: %s', (form) => {
    expect(parse(null, form)).toEqual({ clientId: 'my-client', secrets: [], method: 'none' })
  })

  it.each(['', 'client_id=', 'client_secret=s3cret'])('A046 refuses a body that names no client: %j', (form) => {
    expect(() => parse(null, form)).toThrow(refusal('parameter_missing'))
  })
})
