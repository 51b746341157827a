import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { jwtPart } from '../support/answers.ts'
import { login, type TestTokens } from '../support/client.ts'
import { encodePart, newForgeKey, resign } from '../support/forge.ts'
import { bounded, fuzzSeed, method, settled, text } from '../support/fuzz.ts'
import { leaksIn } from '../support/leak-watch.ts'
import { type ListeningServer, startTestServer } from '../support/server.ts'

const own = newForgeKey()
let server: ListeningServer
let tokens: TestTokens
let secrets: Map<string, string>
beforeAll(async () => {
  server = await startTestServer({ signingKeys: [own.privateJwk], rateLimit: () => undefined })
  tokens = await login(server)
  secrets = new Map([
    [tokens.access_token, 'access token'],
    [tokens.refresh_token, 'refresh token'],
  ])
})
afterAll(async () => await server.close())

const challengeForm = /^Bearer [a-z_]+="[\x20\x21\x23-\x5b\x5d-\x7e]*"(?:, [a-z_]+="[\x20\x21\x23-\x5b\x5d-\x7e]*")*$/

/** The gate's answer to a head, which need not be one that HTTP could carry; and what is wrong with it. */
async function gate(
  name: string,
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; faults: string[] }> {
  const get = (header: string): string | null => headers[header] ?? null
  const answer = await settled(server.auth.authenticate({ method: name, url, headers: { get } }))
  if (!(answer instanceof Response)) return { status: 200, faults: [] }
  const all = `${[...answer.headers].join('\n')}\n${await answer.text()}`
  const challenge = answer.headers.get('www-authenticate') ?? ''
  const rules: Record<string, boolean> = {
    [`status ${answer.status}`]: answer.status < 500,
    'reflects a secret': leaksIn(all, secrets).length === 0,
    'shows a stack': !/\n\s+at |node_modules|Error:/.test(all),
    'no proper challenge': answer.status !== 401 || challengeForm.test(challenge),
  }
  return { status: answer.status, faults: Object.keys(rules).filter((rule) => rules[rule] === false) }
}

const present = async (token: string): Promise<{ status: number; faults: string[] }> =>
  await gate('POST', server.mcpURL, { authorization: `Bearer ${token}` })

const isLoopback = (authority: string): boolean =>
  URL.canParse(`http://${authority}`) &&
  /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(new URL(`http://${authority}`).hostname)

it(`A112 A036 passes no head with a foreign host or origin or without a token, and never throws (seed ${fuzzSeed})`, async () => {
  const good = { host: new URL(server.origin).host, authorization: `Bearer ${tokens.access_token}` }
  const odd = fc.record(
    {
      authorization: fc.oneof(
        text,
        fc.constant(`Bearer ${tokens.refresh_token}`),
        text.map((one) => `Bearer ${one}`),
      ),
      host: fc.oneof(text, fc.constantFrom('127.0.0.1', 'localhost:1', 'evil.example')),
      origin: fc.oneof(text, fc.constantFrom('null', 'http://localhost:1', 'https://evil.example')),
      'access-control-request-method': text,
    },
    { requiredKeys: [] },
  )
  const url = fc.oneof(fc.constant(server.mcpURL), text)
  const statuses = new Map<number, number>()
  const mayPass = ({
    authorization,
    host,
    origin,
  }: Partial<Record<'authorization' | 'host' | 'origin', string>>): boolean =>
    authorization === undefined &&
    isLoopback(host ?? good.host) &&
    (origin === undefined || (URL.canParse(origin) && isLoopback(new URL(origin).host)))
  const property = fc.asyncProperty(method, url, odd, async (name, target, changes) => {
    const { status, faults } = await gate(name, target, { ...good, ...changes })
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    expect(faults).toEqual([])
    expect(status !== 200 || mayPass(changes)).toBe(true)
  })
  await fc.assert(property, bounded(2000))
  expect([...statuses].filter(([, count]) => count > 10).map(([status]) => status)).toEqual(
    expect.arrayContaining([200, 400, 401, 403]),
  )
}, 60_000)

it(`A010 accepts no token that differs from ours in what is signed or in the signature (seed ${fuzzSeed})`, async () => {
  const genuine = tokens.access_token
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+/='
  const position = fc.nat(genuine.length - 1)
  const character = fc.constantFrom(...alphabet.split(''))
  const changed = fc.oneof(
    fc.tuple(position, character).map(([at, one]) => genuine.slice(0, at) + one + genuine.slice(at + 1)),
    fc.tuple(position, character).map(([at, one]) => genuine.slice(0, at) + one + genuine.slice(at)),
    fc.tuple(position, position).map(([from, to]) => genuine.slice(0, from) + genuine.slice(to)),
    fc.tuple(position, position).map(([a, b]) => `${genuine.slice(0, a)}.${genuine.slice(b)}`),
  )
  const signed = (token: string): string => token.slice(0, token.lastIndexOf('.'))
  const signature = (token: string): string =>
    Buffer.from(token.slice(token.lastIndexOf('.')), 'base64url').toString('hex')
  const property = fc.asyncProperty(changed, async (token) => {
    const { status, faults } = await present(token)
    expect(faults).toEqual([])
    // The last character of a signature has bits that mean nothing: another text, the same token.
    const isSame = signed(token) === signed(genuine) && signature(token) === signature(genuine)
    expect(status !== 200 || isSame).toBe(true)
  })
  await fc.assert(property, bounded(1500))
}, 60_000)

it(`A010 A011 A013 A017 A018 accepts no token of ours in which a required claim or member is another one (seed ${fuzzSeed})`, async () => {
  const header = jwtPart(tokens.access_token, 'header')
  const payload = jwtPart(tokens.access_token, 'payload')
  const odd = fc.oneof(text, fc.jsonValue({ maxDepth: 2 }), fc.integer(), fc.constant(undefined))
  const required = ['iss', 'aud', 'exp', 'iat', 'sub', 'client_id', 'jti', 'sid', 'scope', 'nbf']
  const change = fc.oneof(
    fc
      .tuple(fc.constantFrom('alg', 'typ', 'kid', 'crit'), odd)
      .map(([name, one]) => ({ header: { [name]: one }, payload: {} })),
    fc.tuple(fc.constantFrom(...required), odd).map(([name, one]) => ({ header: {}, payload: { [name]: one } })),
    fc.tuple(text, odd).map(([name, one]) => ({ header: { [name]: one }, payload: { [name]: one } })),
  )
  /** What may be another without making it another token, as long as it is of the right type. */
  const isHarmless = (name: string, one: unknown): boolean =>
    !['alg', 'typ', 'kid', 'crit', ...required].includes(name) ||
    ((name === 'jti' || name === 'scope') && typeof one === 'string') ||
    (name === 'iat' && typeof one === 'number') ||
    (name === 'exp' && typeof one === 'number' && one > server.clock.now()) ||
    (name === 'nbf' && (one === undefined || (typeof one === 'number' && one <= server.clock.now()))) ||
    (name === 'crit' && one === undefined)
  const property = fc.asyncProperty(change, async (changes) => {
    const { status, faults } = await present(resign(tokens.access_token, own, changes))
    expect(faults).toEqual([])
    const entries = [...Object.entries(changes.header), ...Object.entries(changes.payload)]
    const isSame = entries.every(([name, one]) => isHarmless(name, one) || { ...header, ...payload }[name] === one)
    expect(status === 401 || isSame).toBe(true)
  })
  await fc.assert(property, bounded(1500))
  const deep = `${encodePart(header)}.${encodePart('['.repeat(3000))}`
  expect((await present(`${deep}.${own.sign(deep)}`)).status).toBe(401)
}, 60_000)
