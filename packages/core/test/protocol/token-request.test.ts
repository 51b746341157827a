import { describe, expect, it } from 'vitest'
import { parseParameters } from '../../src/protocol/form.ts'
import { parseTokenRequest, type TokenRequest } from '../../src/protocol/token-request.ts'
import { refusal } from '../support/refusal.ts'

const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'

function parse(form: Record<string, string> | string): TokenRequest {
  return parseTokenRequest(parseParameters(new URLSearchParams(form)))
}

describe('a request with a code', () => {
  const form = { grant_type: 'authorization_code', code: 'c', code_verifier: verifier }

  it('A106 is complete without a redirect URI', () => {
    expect(parse(form)).toEqual({ ...form, redirect_uri: undefined, resources: [] })
  })

  it('A049 A106 carries redirect URI and resources when they are sent', () => {
    const sent = `${new URLSearchParams(form)}&redirect_uri=https://app.example/cb&resource=https://a.example&resource=https://b.example`
    expect(parse(sent)).toEqual({
      ...form,
      redirect_uri: 'https://app.example/cb',
      resources: ['https://a.example', 'https://b.example'],
    })
  })

  it.each([
    ['no code', { ...form, code: '' }, 'parameter_missing'],
    ['no verifier', { ...form, code_verifier: '' }, 'code_verifier_missing'],
    ['a verifier of 42 characters', { ...form, code_verifier: 'a'.repeat(42) }, 'code_verifier_mismatch'],
    ['a verifier of 129 characters', { ...form, code_verifier: 'a'.repeat(129) }, 'code_verifier_mismatch'],
    ['a verifier with a space', { ...form, code_verifier: `${'a'.repeat(43)} b` }, 'code_verifier_mismatch'],
  ] as const)('A022 A046 is refused with %s', (_name, parameters, reason) => {
    expect(() => parse(parameters)).toThrow(refusal(reason))
  })
})

describe('a request with a refresh token', () => {
  const form = { grant_type: 'refresh_token', refresh_token: 'r' }

  it('A091 asks for what was granted when it names no scope', () => {
    expect(parse(form)).toEqual({ ...form, scopes: [], resources: [] })
  })

  it('A092 carries scopes and resources when they are sent', () => {
    const sent = { ...form, scope: 'b a b', resource: 'https://a.example/mcp' }
    expect(parse(sent)).toEqual({ ...form, scopes: ['b', 'a'], resources: ['https://a.example/mcp'] })
  })

  it.each([
    ['no token', { ...form, refresh_token: '' }, 'parameter_missing'],
    ['a malformed scope', { ...form, scope: 'a"b' }, 'scope_malformed'],
  ] as const)('A046 is refused with %s', (_name, parameters, reason) => {
    expect(() => parse(parameters)).toThrow(refusal(reason))
  })
})

describe('other grant types', () => {
  it('A046 refuses a request without one', () => {
    expect(() => parse({ code: 'c' })).toThrow(refusal('parameter_missing'))
  })

  it.each([
    'client_credentials',
    'password',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    'Authorization_Code',
    'authorization_code ',
    'constructor',
  ])('A046 refuses %j', (grantType) => {
    expect(() => parse({ grant_type: grantType, code: 'c', code_verifier: verifier })).toThrow(
      refusal('grant_type_unsupported'),
    )
  })
})
