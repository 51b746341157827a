import { describe, expect, it } from 'vitest'
import { clientId, createSurroundings, ids, issuers, resource } from './support.ts'

const claims = { iss: issuers.project, aud: [clientId, ids.projectId, resource] }

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** The same token with another header or payload and the old signature. */
function change(token: string, part: 0 | 1, over: Readonly<Record<string, unknown>>): string {
  const parts = token.split('.')
  const old: unknown = JSON.parse(Buffer.from(parts[part] ?? '', 'base64url').toString())
  parts[part] = encode({ ...(old as object), ...over })
  return parts.join('.')
}

describe('A010 signatures', () => {
  it.each([
    ['signed by a key that Descope does not have', async (mint: Mint) => await mint(claims, { key: 'unknown' })],
    ['with another payload', async (mint: Mint) => change(await mint(claims), 1, { sub: 'U2Admin' })],
    ['with algorithm none', async (mint: Mint) => change(await mint(claims), 0, { alg: 'none' }).replace(/[^.]+$/, '')],
    ['with algorithm HS256', async (mint: Mint) => await mint(claims, { header: { alg: 'HS256' } })],
    ['with an algorithm that is not allowed', async (mint: Mint) => await mint(claims, { header: { alg: 'RS384' } })],
    ['with an unknown critical header', async (mint: Mint) => await mint(claims, { header: { crit: ['x'], x: 1 } })],
    ['of another type', async (mint: Mint) => await mint(claims, { header: { typ: 'dpop+jwt' } })],
    ['that is encrypted', async (mint: Mint) => `${await mint(claims)}.a.b`],
    ['that is opaque', async () => 'K2TestAccessKey'],
  ])('A010 refuses a token %s', async (_name, make) => {
    const { mint, judge } = createSurroundings()
    expect(await judge(await make(mint))).toBe('token_invalid')
  })

  it('A010 uses and fetches no key that the token brings along', async () => {
    const { mint, judge, fake } = createSurroundings()
    const own = { kty: 'RSA', n: 'AQAB', e: 'AQAB' }
    const header = { jwk: own, jku: 'https://evil.example/keys', x5u: 'https://evil.example/cert' }
    expect(await judge(await mint(claims, { key: 'unknown', header }))).toBe('token_invalid')
    expect(new Set(fake.requests.map(({ path }) => path))).toEqual(new Set([`/${ids.projectId}/.well-known/jwks.json`]))
  })

  it('takes other algorithms only when it is told so', async () => {
    const { mint, judge } = createSurroundings({ projectId: ids.projectId, algorithms: ['ES384'] })
    expect(await judge(await mint(claims))).toBe('token_invalid')
  })
})

type Mint = ReturnType<typeof createSurroundings>['mint']

describe('A063 keys', () => {
  it('asks for the keys of the project once, whichever MCP server it is', async () => {
    const { mint, judge, fake } = createSurroundings({ configUrl: issuers.server })
    const verdicts = [await judge(await mint(claims)), await judge(await mint({ ...claims, iss: issuers.server }))]
    expect(verdicts).toEqual(['ok', 'ok'])
    expect(fake.requestsTo('keys').map(({ path }) => path)).toEqual([`/${ids.projectId}/.well-known/jwks.json`])
  })

  it('A063 takes a new key without a restart, and the former one until it is retired', async () => {
    const { mint, judge, fake, clock } = createSurroundings()
    const old = await mint(claims)
    expect(await judge(old)).toBe('ok')
    clock.now += 60
    fake.rotateKeys()
    const fresh = await mint({ ...claims, iat: clock.now })
    expect([await judge(fresh), await judge(old)]).toEqual(['ok', 'ok'])
    fake.retireKeys()
    clock.now += 601
    expect([await judge(fresh), await judge(old)]).toEqual(['ok', 'token_invalid'])
  })

  it('A063 asks at most once in ten seconds for keys that nobody has', async () => {
    const { mint, judge, fake, clock } = createSurroundings()
    await judge(await mint(claims))
    for (const name of Array.from({ length: 20 }, (_, index) => `SK2Invented${index}`)) {
      expect(await judge(await mint(claims, { header: { kid: name } }))).toBe('token_invalid')
    }
    expect(fake.requestsTo('keys')).toHaveLength(2)
    clock.now += 11
    await judge(await mint(claims, { header: { kid: 'SK2InventedLater' } }))
    expect(fake.requestsTo('keys')).toHaveLength(3)
  })

  it.each(['429', '500', '503', 'html', 'garbage', 'empty', '404'] as const)(
    'A014 D9 says nothing about a token while the keys answer %s, and works again by itself',
    async (fault) => {
      const { auth, mint, fake, clock } = createSurroundings()
      const token = await mint(claims)
      fake.fail('keys', fault)
      const request = new Request(resource, { headers: { authorization: `Bearer ${token}`, host: 'mcp.example' } })
      const refused = await auth.authenticate(request)
      if (!(refused instanceof Response)) throw new Error('the token was taken')
      expect(refused.status).toBe(503)
      expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
      expect(refused.headers.get('www-authenticate')).toBeNull()
      expect(await refused.text()).not.toMatch(/upstream-detail|descope/i)
      fake.recover()
      clock.now += 10
      expect(await auth.authenticate(request)).toMatchObject({ subject: 'U2TestUser00000000000000000' })
    },
  )

  it('A014 keeps taking tokens by the keys it has while their host is down', async () => {
    const { mint, judge, fake, clock } = createSurroundings()
    await judge(await mint(claims))
    fake.fail('*', '503')
    clock.now += 3600
    expect(await judge(await mint({ ...claims, iat: clock.now }))).toBe('ok')
  })
})
