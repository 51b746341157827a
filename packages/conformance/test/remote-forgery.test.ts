import { createHmac, type KeyObject } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createClock } from './support/clock.ts'
import {
  brokenPayloads,
  type Changes,
  criticalHeaders,
  type ForgeAlgorithm,
  foreignKeyHeaders,
  newForgeKey,
  tamper,
} from './support/forge.ts'
import { accepted, judgeToken, refused, type Verdict } from './support/gate.ts'
import { createTestIdP, type RemoteServer, startRemoteServer } from './support/remote.ts'

const foreign = newForgeKey()

let server: RemoteServer
beforeAll(async () => {
  server = await startRemoteServer()
})
afterAll(async () => await server.close())
// Keys were asked for before, and a kid nobody has may be looked up once: neither hides what a forged token does.
beforeEach(() => server.clock.advance(1))

const judge = async (token: string): Promise<Verdict> => await judgeToken(server, token)

it('A010 accepts what the identity provider signs when nothing is changed, so that each refusal has the reason it names', async () => {
  expect(await judge(server.mint())).toEqual(accepted)
  expect(await judge(server.mint({ payload: { extra: 'unknown claims do no harm' } }))).toEqual(accepted)
})

describe('A010 refuses a token of the identity provider without a signature', () => {
  it.each(['none', 'None', 'NONE', 'nOnE', '', null])('alg %j', async (alg) => {
    const token = server.mint()
    expect(await judge(tamper(token, { header: { alg }, signature: '' }))).toEqual(refused)
    expect(await judge(tamper(token, { header: { alg } }))).toEqual(refused)
    expect(await judge(tamper(token, { header: { alg, kid: undefined }, signature: '' }))).toEqual(refused)
  })
})

it.each<[string, { header?: Changes; payload?: Changes; signature?: string }]>([
  ['another user', { payload: { sub: 'user-2' } }],
  ['more scopes', { payload: { scope: 'read write' } }],
  ['a later end', { payload: { exp: 9_999_999_999 } }],
  ['another audience', { payload: { aud: 'https://other.example/mcp' } }],
  ['no signature', { signature: '' }],
  ['a signature of zeros', { signature: 'A'.repeat(86) }],
  ['a signature of another length', { signature: 'AAAA' }],
])('A010 refuses a genuine token of the identity provider that was given %s', async (_case, changes) => {
  const token = server.mint()
  // What is remembered about the genuine one must not help.
  expect(await judge(token)).toEqual(accepted)
  expect(await judge(tamper(token, changes))).toEqual(refused)
  expect(await judge(token)).toEqual(accepted)
})

it('A010 refuses a remote token with one bit of its signature turned, cut short, or with a part too many', async () => {
  const token = server.mint()
  const signature = Buffer.from(token.split('.')[2] ?? '', 'base64url')
  signature[10] = (signature[10] ?? 0) ^ 1
  const spliced = [
    tamper(token, { signature: signature.toString('base64url') }),
    token.slice(0, -4),
    token.slice(0, token.lastIndexOf('.')),
    `${token}.`,
    `${token}.AAAA.AAAA`,
    'a'.repeat(12_000),
  ]
  for (const one of spliced) expect({ one, ...(await judge(one)) }).toEqual({ one, ...refused })
})

describe('A010 refuses at a remote resource a token signed with a key of somebody else', () => {
  it.each<[string, Changes]>([['under the kid of the provider', {}], ...foreignKeyHeaders(foreign)])(
    '%s',
    async (_case, header) => expect(await judge(server.mint({ header }, foreign))).toEqual(refused),
  )
})

it.each(['jku', 'x5u', 'jwks_uri'])('A010 D1 fetches nothing that a header names as %s', async (member) => {
  const global = vi.spyOn(globalThis, 'fetch')
  const url = 'https://keys.evil.example/jwks.json'
  const before = server.idp.requests.length
  for (const kid of ['mine', undefined, url, server.idp.key.kid]) {
    expect(await judge(server.mint({ header: { [member]: url, kid } }, foreign))).toEqual(refused)
  }
  const evil = { header: { kid: 'mine' }, payload: { iss: 'https://keys.evil.example' } }
  expect(await judge(server.mint(evil, foreign))).toEqual(refused)
  // A kid that nobody has may make us look at the provider's own keys again, and at nothing else.
  expect(new Set(server.idp.requests.slice(before))).toEqual(
    server.idp.requests.length === before ? new Set() : new Set([server.idp.jwksURI]),
  )
  expect(global).not.toHaveBeenCalled()
})

it.each(criticalHeaders)(
  'A010 refuses a remote token whose crit names %s, although the right key signed it',
  async (_case, header) => {
    expect(await judge(server.mint({ header }))).toEqual(refused)
  },
)

it.each(['', '../../../../dev/null', '__proto__', 'constructor', "' OR 1=1 --", 0, null, ['a'], { a: 1 }])(
  'C10 refuses a remote token with the kid %j, signed with an empty secret or with the right key',
  async (kid) => {
    const [header = '', payload = ''] = tamper(server.mint(), { header: { alg: 'HS256', kid } }).split('.')
    const signature = createHmac('sha256', '').update(`${header}.${payload}`).digest('base64url')
    expect(await judge(`${header}.${payload}.${signature}`)).toEqual(refused)
    expect(await judge(server.mint({ header: { kid } }))).toEqual(refused)
  },
)

it.each([
  ...brokenPayloads,
  ['a payload that is no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]).toString('base64url')],
])('A010 refuses %s at a remote resource, although the right key signed it', async (_case, payload) => {
  const input = `${server.mint().split('.')[0]}.${payload}`
  expect(await judge(`${input}.${server.idp.key.sign(input)}`)).toEqual(refused)
})

const publicForms: readonly [string, (key: KeyObject) => string | Buffer][] = [
  ['PEM', (key) => key.export({ format: 'pem', type: 'spki' })],
  ['PEM without its last line break', (key) => String(key.export({ format: 'pem', type: 'spki' })).trimEnd()],
  ['DER', (key) => key.export({ format: 'der', type: 'spki' })],
  ['JWK', (key) => JSON.stringify(key.export({ format: 'jwk' }))],
]

describe.each<ForgeAlgorithm>(['EdDSA', 'ES256', 'RS256'])('A010 C10 at a provider with an %s key', (alg) => {
  let keyed: RemoteServer
  beforeAll(async () => {
    const clock = createClock()
    keyed = await startRemoteServer({ clock, idp: createTestIdP(clock, { alg }) })
  })
  afterAll(async () => await keyed.close())

  it('accepts its tokens', async () => expect(await judgeToken(keyed, keyed.mint())).toEqual(accepted))

  it.each(publicForms)('refuses HS256 with the public key as the secret: %s', async (_form, secret) => {
    for (const [hash, name] of [
      ['sha256', 'HS256'],
      ['sha512', 'HS512'],
    ] as const) {
      const [header = '', payload = ''] = tamper(keyed.mint(), { header: { alg: name } }).split('.')
      const hmac = createHmac(hash, secret(keyed.idp.key.publicKey)).update(`${header}.${payload}`).digest('base64url')
      expect(await judgeToken(keyed, `${header}.${payload}.${hmac}`)).toEqual(refused)
    }
  })

  it.each(['EdDSA', 'ES256', 'RS256', 'PS256', 'ES384', 'HS256'].filter((other) => other !== alg))(
    'refuses a token it signed when the header says %s',
    async (other) => expect(await judgeToken(keyed, keyed.mint({ header: { alg: other } }))).toEqual(refused),
  )
})

it('A010 takes only the algorithms that are configured, whatever the provider signs with', async () => {
  const clock = createClock()
  for (const [algorithms, verdict] of [
    [['ES256', 'RS256'], accepted],
    [['ES256'], refused],
    [['PS256', 'RS512'], refused],
  ] as const) {
    const idp = createTestIdP(clock, { alg: 'RS256' })
    const chosen = await startRemoteServer({ clock, idp, verifier: { algorithms } })
    expect([algorithms, await judgeToken(chosen, chosen.mint())]).toEqual([algorithms, verdict])
    await chosen.close()
  }
})

it.each([[['none']], [['HS256']], [['RS256', 'HS256']], [[]]])(
  'A010 refuses to start with the algorithms %j',
  async (algorithms) => {
    await expect(startRemoteServer({ verifier: { algorithms } })).rejects.toMatchObject({ option: 'algorithms' })
  },
)
