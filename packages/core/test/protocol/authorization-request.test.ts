import { describe, expect, it } from 'vitest'
import { type AuthorizationRequest, parseAuthorizationRequest } from '../../src/protocol/authorization-request.ts'
import { parseParameters } from '../../src/protocol/form.ts'
import type { RefusalReason } from '../../src/refusals.ts'
import { refusal } from '../support/refusal.ts'

const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const client = { client_id: 'client', redirect_uri: 'https://app.example/cb' }
const policy = {
  resources: ['https://rs.example/mcp'],
  defaultScopes: ['identify'],
  supportedScopes: ['identify', 'guilds', 'offline_access'],
}

type Overrides = Readonly<Record<string, string | readonly string[] | undefined>>

function parse(over: Overrides = {}, given = policy): AuthorizationRequest {
  const parameters: Overrides = {
    response_type: 'code',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...over,
  }
  const pairs = Object.entries(parameters).flatMap(([name, value = []]) =>
    (typeof value === 'string' ? [value] : value).map((one) => [name, one] as const),
  )
  return parseAuthorizationRequest(parseParameters(pairs), client, given)
}

describe('a request that can be met', () => {
  it('A042 A052 gets default scope and resource when it names none, and no state', () => {
    expect(parse()).toEqual({
      ...client,
      code_challenge: challenge,
      scopes: ['identify'],
      resource: 'https://rs.example/mcp',
    })
  })

  it('takes client and redirect URI from what was checked, never from the parameters', () => {
    expect(parse({ client_id: 'other', redirect_uri: 'https://evil.example' })).toMatchObject(client)
  })

  it.each(['client-state', 'a+b %&=\u00e9<"\u{1f600}', ' '])('A109 keeps the state %j', (state) => {
    expect(parse({ state }).state).toBe(state)
  })

  it('A109 takes an empty state for none', () => {
    expect(parse({ state: '' })).not.toHaveProperty('state')
  })

  it.each([
    ['identify guilds', ['identify', 'guilds']],
    ['guilds', ['guilds']],
    ['guilds unknown', ['guilds']],
    ['', ['identify']],
    ['offline_access', ['identify', 'offline_access']],
    ['offline_access unknown', ['identify', 'offline_access']],
    ['guilds offline_access', ['guilds', 'offline_access']],
  ])('A042 reads the scope %j', (scope, expected) => {
    expect(parse({ scope }).scopes).toEqual(expected)
  })

  it.each([
    ['the identifier', 'https://rs.example/mcp'],
    ['a slash more', 'https://rs.example/mcp/'],
    ['an upper-case host', 'https://RS.example/mcp'],
    ['the origin', 'https://rs.example'],
    ['the identifier twice', ['https://rs.example/mcp', 'https://rs.example/mcp']],
    ['two spellings of it', ['https://rs.example/mcp', 'https://rs.example/']],
    ['nothing', ''],
  ])('A047 A050 A051 fixes the configured resource for a request with %s', (_name, resource) => {
    expect(parse({ resource }).resource).toBe('https://rs.example/mcp')
  })

  it.each(['login', 'consent', 'select_account', 'nonesuch'])('A025 goes on with prompt=%s', (prompt) => {
    expect(parse({ prompt })).toMatchObject(client)
  })

  it('goes on with response_mode=query', () => {
    expect(parse({ response_mode: 'query' })).toMatchObject(client)
  })
})

describe('a request that cannot be met', () => {
  it.each<readonly [string, Overrides, RefusalReason]>([
    ['A020 no code_challenge', { code_challenge: undefined }, 'code_challenge_missing'],
    ['A020 an empty code_challenge', { code_challenge: '' }, 'code_challenge_missing'],
    ['A020 no PKCE at all', { code_challenge: undefined, code_challenge_method: undefined }, 'code_challenge_missing'],
    ['A020 B4 a short code_challenge', { code_challenge: challenge.slice(1) }, 'code_challenge_invalid'],
    ['A020 a code_challenge in plain base64', { code_challenge: `${challenge.slice(1)}/` }, 'code_challenge_invalid'],
    ['A021 method plain', { code_challenge_method: 'plain' }, 'code_challenge_method'],
    ['A021 no method, which means plain', { code_challenge_method: undefined }, 'code_challenge_method'],
    ['A021 an empty method', { code_challenge_method: '' }, 'code_challenge_method'],
    ['A021 another case of S256', { code_challenge_method: 's256' }, 'code_challenge_method'],
    [
      'A021 a plain verifier',
      { code_challenge: 'a'.repeat(128), code_challenge_method: 'plain' },
      'code_challenge_method',
    ],
    ['A111 no response_type', { response_type: undefined }, 'parameter_missing'],
    ['A111 response_type=token', { response_type: 'token' }, 'response_type_unsupported'],
    ['A111 a hybrid response_type', { response_type: 'code id_token' }, 'response_type_unsupported'],
    ['A111 another case of code', { response_type: 'CODE' }, 'response_type_unsupported'],
    ['A111 A110 response_mode=fragment', { response_mode: 'fragment' }, 'response_mode_unsupported'],
    ['A111 response_mode=form_post', { response_mode: 'form_post' }, 'response_mode_unsupported'],
    ['A111 a request object', { request: 'eyJhbGciOiJub25lIn0.e30.' }, 'request_object_unsupported'],
    ['A111 a request_uri', { request_uri: 'https://evil.example/request' }, 'request_object_unsupported'],
    ['A111 a pushed request', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 'request_object_unsupported'],
    ['A025 prompt=none', { prompt: 'none' }, 'prompt_none'],
    ['A025 prompt=none among others', { prompt: 'consent none' }, 'prompt_none'],
    ['A025 A042 only unknown scopes', { scope: 'admin root' }, 'scope_invalid'],
    ['A042 a malformed scope', { scope: 'identify "guilds"' }, 'scope_malformed'],
    ['A042 a scope with a member name of every object', { scope: 'constructor' }, 'scope_invalid'],
    ['A048 a foreign resource', { resource: 'https://evil.example/mcp' }, 'resource_invalid'],
    ['A051 a resource with a fragment', { resource: 'https://rs.example/mcp#x' }, 'resource_invalid'],
    ['A051 a relative resource', { resource: '/mcp' }, 'resource_invalid'],
    [
      'A048 a foreign resource first',
      { resource: ['https://evil.example', 'https://rs.example/mcp'] },
      'resource_invalid',
    ],
    [
      'A048 a foreign resource last',
      { resource: ['https://rs.example/mcp', 'https://evil.example'] },
      'resource_invalid',
    ],
    [
      'A048 a resource that hides another after a space',
      { resource: 'https://rs.example/mcp evil' },
      'resource_invalid',
    ],
  ])('is refused: %s', (_name, over, reason) => {
    expect(() => parse(over)).toThrow(refusal(reason))
  })

  it('A048 C7 is refused when it names two resources of this server', () => {
    const resources = ['https://rs.example/a', 'https://rs.example/b']
    expect(() => parse({ resource: resources }, { ...policy, resources })).toThrow(refusal('resource_invalid'))
    expect(parse({ resource: 'https://rs.example/b' }, { ...policy, resources }).resource).toBe('https://rs.example/b')
  })

  it.each(['state', 'code_challenge', 'response_type', 'scope', 'prompt'])('A111 is refused with two of %s', (name) => {
    expect(() => parse({ [name]: ['a', 'b'] })).toThrow(refusal('parameter_repeated'))
  })
})
