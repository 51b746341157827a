import { beforeAll, describe, expect, it } from 'vitest'
import { jwtVerifier } from '../../src/verification/jwt-verifier.ts'
import { opaqueTokenVerifier } from '../../src/verification/opaque-token-verifier.ts'
import { type VerifierByIssuerOptions, verifierByIssuer } from '../../src/verification/verifier-by-issuer.ts'
import type { VerifiedToken, VerifierTools } from '../../src/verifier.ts'
import { misconfiguration, refusal } from '../support/refusal.ts'
import { createIdP, encode, type IdP, newKey, resource, type TestKey } from './support/idp.ts'

const first = 'https://login.example'
const second = 'https://partner.example'
const invalid = refusal('token_invalid')
let keys: readonly [TestKey, TestKey]
beforeAll(async () => {
  keys = [await newKey('key-1'), await newKey('key-1')]
})

interface Lab {
  readonly one: IdP
  readonly two: IdP
  readonly requests: () => readonly string[]
  readonly verify: (token: string) => Promise<VerifiedToken>
}

async function setUp(options?: VerifierByIssuerOptions): Promise<Lab> {
  const one = await createIdP({ issuer: first, key: keys[0] })
  const two = await createIdP({ issuer: second, key: keys[1] })
  // Two providers behind one set of tools, as on a server.
  const toolsOf = (url: string): VerifierTools => (url.startsWith(second) ? two.tools : one.tools)
  const tools: VerifierTools = {
    ...one.tools,
    request: async (url, init) => await toolsOf(url).request(url, init),
    discover: async (issuer, places) => await toolsOf(issuer).discover(issuer, places),
    keys: (url) => toolsOf(url).keys(url),
  }
  const factory = verifierByIssuer(
    { [first]: jwtVerifier({ issuer: first }), [second]: jwtVerifier({ issuer: second }) },
    options,
  )
  const verifier = factory(tools)
  return {
    one,
    two,
    requests: () => [...one.requests, ...two.requests],
    verify: async (token) => await verifier.verify(token, { resource }),
  }
}

describe('verifierByIssuer', () => {
  it('A018 takes the tokens of each issuer by its own keys', async () => {
    const { one, two, verify } = await setUp()
    expect(await verify(await one.mint())).toMatchObject({ issuer: first, subject: 'user-1' })
    expect(await verify(await two.mint())).toMatchObject({ issuer: second, subject: 'user-1' })
    expect([one.requests.length, two.requests.length]).toEqual([2, 2])
  })

  it('A018 refuses what one issuer says in the name of the other, under the same kid', async () => {
    const { one, two, verify } = await setUp()
    await expect(verify(await one.mint({ payload: { iss: second } }))).rejects.toThrow(invalid)
    await expect(verify(await two.mint({ payload: { iss: first } }))).rejects.toThrow(invalid)
  })

  it.each<[string, unknown]>([
    ['unknown', 'https://evil.example'],
    ['with a slash', `${first}/`],
    ['in capitals', 'https://LOGIN.example'],
    ['absent', undefined],
    ['a list', [first]],
    ['an object', { [first]: true }],
    ['of every object', '__proto__'],
    ['a method of every object', 'constructor'],
  ])('A018 refuses an issuer that is %s, without a request to anybody', async (_case, iss) => {
    const { one, verify, requests } = await setUp({ opaque: opaqueFallback })
    await expect(verify(await one.mint({ payload: { iss } }))).rejects.toThrow(invalid)
    expect(requests()).toEqual([])
  })

  it('verifies everything else, too', async () => {
    const { one, verify, requests } = await setUp()
    await expect(verify(await one.mint({ payload: { aud: 'https://other.example/mcp' } }))).rejects.toThrow(invalid)
    await expect(verify(await one.mint({ header: { alg: 'none' } }))).rejects.toThrow(invalid)
    expect(requests()).toEqual([])
  })

  const opaqueFallback = opaqueTokenVerifier({
    check: async (token) => ({ subject: `owner of ${token}`, clientId: 'c', scopes: [], claims: {} }),
  })

  it.each(['opaque', 'gho_16C7e42F292c6912E7710c838347Ae178B4a', 'a.b', 'a.b.c', 'a.b.c.d.e'])(
    'gives %s, which is no JWT, to the verifier of opaque tokens, and refuses it where there is none',
    async (token) => {
      const withFallback = await setUp({ opaque: opaqueFallback })
      expect(await withFallback.verify(token)).toMatchObject({ subject: `owner of ${token}` })
      const without = await setUp()
      await expect(without.verify(token)).rejects.toThrow(invalid)
      expect([...withFallback.requests(), ...without.requests()]).toEqual([])
    },
  )

  it('gives nothing of 20 kB to anybody', async () => {
    const { verify } = await setUp({ opaque: opaqueFallback })
    await expect(verify('a'.repeat(20_000))).rejects.toThrow(invalid)
    await expect(verify(`${encode('{}')}.${encode(JSON.stringify({ a: 'a'.repeat(20_000) }))}.AA`)).rejects.toThrow(
      invalid,
    )
  })

  it('A018 believes no verifier that was put under the name of another issuer', async () => {
    const one = await createIdP({ issuer: first, key: keys[0] })
    const verifier = verifierByIssuer({
      [second]: opaqueTokenVerifier({
        check: async () => ({ subject: 's', clientId: 'c', scopes: [], claims: {}, issuer: first }),
      }),
    })(one.tools)
    const token = await one.mint({ payload: { iss: second } })
    await expect(verifier.verify(token, { resource })).rejects.toThrow(invalid)
  })

  it('D9 goes on with one issuer while the other is down', async () => {
    const { one, two, verify } = await setUp()
    one.answer(() => new Response(null, { status: 503 }))
    await expect(verify(await one.mint())).rejects.toThrow(refusal('upstream_unavailable'))
    expect(await verify(await two.mint())).toMatchObject({ issuer: second })
  })

  it.each([{}, { 'http://login.example': opaqueFallback }, { login: opaqueFallback }])(
    'refuses at the start what names no issuer',
    (verifiers) => expect(() => verifierByIssuer(verifiers)).toThrow(misconfiguration('verifiers')),
  )
})
