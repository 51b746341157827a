import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { send } from './support/browser.ts'
import { startCanary } from './support/canary.ts'
import { login, type TestTokens } from './support/client.ts'
import {
  brokenPayloads,
  type Changes,
  criticalHeaders,
  foreignKeyHeaders,
  newForgeKey,
  resign,
  tamper,
} from './support/forge.ts'
import { accepted, judgeToken, refused, type Verdict } from './support/gate.ts'
import { startTestServer, type TestServer } from './support/server.ts'

const own = newForgeKey()
const foreign = newForgeKey()

let server: TestServer
let tokens: TestTokens
beforeAll(async () => {
  server = await startTestServer({ signingKeys: [own.privateJwk] })
  tokens = await login(server)
})
afterAll(async () => await server.close())

const judge = async (token: string): Promise<Verdict> => await judgeToken(server, token)

it('A010 accepts what the tests sign when nothing is changed, so that each refusal has the reason it names', async () => {
  expect(await judge(resign(tokens.access_token, own))).toEqual(accepted)
  expect(await judge(resign(tokens.access_token, own, { payload: { extra: 'unknown claims do no harm' } }))).toEqual(
    accepted,
  )
})

describe('A010 refuses a token without a signature', () => {
  it.each(['none', 'None', 'NONE', 'nOnE', '', null])('alg %j', async (alg) => {
    const header = { alg }
    expect(await judge(tamper(tokens.access_token, { header, signature: '' }))).toEqual(refused)
    expect(await judge(tamper(tokens.access_token, { header }))).toEqual(refused)
    expect(await judge(tamper(tokens.access_token, { header: { alg, kid: undefined }, signature: '' }))).toEqual(
      refused,
    )
  })
})

it.each<[string, { header?: Changes; payload?: Changes; signature?: string }]>([
  ['another user', { payload: { sub: '1' } }],
  ['more scopes', { payload: { scope: 'identify guilds' } }],
  ['a later end', { payload: { exp: 9_999_999_999 } }],
  ['another type', { header: { typ: 'JWT' } }],
  ['no signature', { signature: '' }],
  ['a signature of zeros', { signature: 'A'.repeat(86) }],
  ['a signature of another length', { signature: 'AAAA' }],
])('A010 refuses a genuine token that was given %s', async (_case, changes) => {
  expect(await judge(tamper(tokens.access_token, changes))).toEqual(refused)
})

it('A010 refuses a genuine token with one bit of its signature turned, cut short, or with a part too many', async () => {
  const signature = Buffer.from(tokens.access_token.split('.')[2] ?? '', 'base64url')
  signature[10] = (signature[10] ?? 0) ^ 1
  const cut = tokens.access_token.slice(0, -4)
  const spliced = [
    tamper(tokens.access_token, { signature: signature.toString('base64url') }),
    cut,
    tokens.access_token.slice(0, tokens.access_token.lastIndexOf('.')),
    `${tokens.access_token}.`,
    `${tokens.access_token}.AAAA`,
    `${tokens.access_token}.AAAA.AAAA`,
  ]
  for (const token of spliced) expect({ token, ...(await judge(token)) }).toEqual({ token, ...refused })
})

describe('A010 refuses a token signed with a key of somebody else', () => {
  it.each<[string, Changes]>([['under the kid of ours', {}], ...foreignKeyHeaders(foreign)])(
    '%s',
    async (_case, header) => {
      expect(await judge(resign(tokens.access_token, foreign, { header }))).toEqual(refused)
    },
  )
})

it.each(['jku', 'x5u', 'jwks_uri'])(
  'A010 follows no %s in a header: the server it names sees no connection',
  async (member) => {
    const canary = await startCanary({ keys: [{ ...foreign.publicJwk, kid: 'mine', alg: 'EdDSA', use: 'sig' }] })
    const url = `${canary.origin}/jwks.json`
    for (const kid of ['mine', undefined, url]) {
      expect(await judge(resign(tokens.access_token, foreign, { header: { [member]: url, kid } }))).toEqual(refused)
    }
    const issuer = { header: { kid: 'mine' }, payload: { iss: canary.origin } }
    expect(await judge(resign(tokens.access_token, foreign, issuer))).toEqual(refused)
    expect(canary.connections()).toBe(0)
    expect((await send(url)).status).toBe(200)
    expect(canary.connections()).toBe(1)
    await canary.close()
  },
)

it('A010 takes no key from the header, and refuses the token, when our own key signed it either', async () => {
  const header = { jwk: foreign.publicJwk, jku: 'https://keys.example/jwks.json' }
  expect(await judge(resign(tokens.access_token, own, { header }))).toEqual(refused)
  expect(server.discord.requestsTo('unknown')).toEqual([])
})

it.each(criticalHeaders)(
  'A010 refuses a token whose crit names %s, although our key signed it',
  async (_case, header) => {
    expect(await judge(resign(tokens.access_token, own, { header }))).toEqual(refused)
  },
)

it.each(['', '../../../../dev/null', '/dev/null', '__proto__', 'constructor', "' OR 1=1 --", 0, null, ['a'], { a: 1 }])(
  'C10 refuses a token with the kid %j, signed with an empty secret or with our key',
  async (kid) => {
    const [header = '', payload = ''] = tamper(tokens.access_token, { header: { alg: 'HS256', kid } }).split('.')
    const signature = createHmac('sha256', '').update(`${header}.${payload}`).digest('base64url')
    expect(await judge(`${header}.${payload}.${signature}`)).toEqual(refused)
    expect(await judge(resign(tokens.access_token, own, { header: { kid } }))).toEqual(refused)
  },
)

it.each(brokenPayloads)('A010 refuses %s, although our key signed it', async (_case, payload) => {
  const input = `${tokens.access_token.split('.')[0]}.${payload}`
  expect(await judge(`${input}.${own.sign(input)}`)).toEqual(refused)
})
