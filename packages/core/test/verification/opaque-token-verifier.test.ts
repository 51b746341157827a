import { beforeEach, describe, expect, it, vi } from 'vitest'
import { OAuthError, UpstreamError } from '../../src/errors.ts'
import {
  type CheckedToken,
  type CheckOpaqueToken,
  type OpaqueTokenVerifierOptions,
  opaqueTokenVerifier,
} from '../../src/verification/opaque-token-verifier.ts'
import type { VerifiedToken } from '../../src/verifier.ts'
import { misconfiguration, refusal } from '../support/refusal.ts'
import { createIdP, type IdP, issuer, newKey, resource, type TestKey } from './support/idp.ts'

const invalid = refusal('token_invalid')
const unavailable = refusal('upstream_unavailable')
const found: CheckedToken = { subject: 'user-1', clientId: 'our-app', scopes: ['read'], claims: { plan: 'pro' } }
const url = `${issuer}/token-info`

let key: TestKey
let idp: IdP
beforeEach(async () => {
  key ??= await newKey('key-1')
  idp = await createIdP({ key })
})

type Verify = (token?: string) => Promise<VerifiedToken>

function createVerify(check: CheckOpaqueToken, over: Partial<OpaqueTokenVerifierOptions> = {}): Verify {
  const verifier = opaqueTokenVerifier({ check, ...over })(idp.tools)
  return async (token = 'opaque') => await verifier.verify(token, { resource })
}

/** A check of a provider that names the application of a token. */
const byApplication: CheckOpaqueToken = async (_token, api) => {
  const answer: unknown = await api.getJSON(url, { 'x-version': '2' })
  if (Object(answer).app !== 'our-app') throw new OAuthError('token_invalid')
  return found
}

describe('opaqueTokenVerifier', () => {
  it('gives what the check found out, which sees the token, the resource and the clock', async () => {
    const seen: unknown[] = []
    const verify = createVerify(async (token, api) => {
      seen.push(token, api.resource, api.now())
      return { ...found, expiresAt: api.now() + 600 }
    })
    expect(await verify()).toEqual({ ...found, expiresAt: idp.clock.now() + 600 })
    expect(seen).toEqual(['opaque', resource, idp.clock.now()])
  })

  it('C9 refuses the token of another application, which the check compares', async () => {
    const sent: (string | null)[] = []
    idp.answer((_url, init) => {
      const headers = new Headers(init.headers)
      sent.push(headers.get('authorization'), headers.get('x-version'))
      return Response.json({ app: headers.get('authorization') === 'Bearer ours' ? 'our-app' : 'their-app' })
    })
    const verify = createVerify(byApplication)
    expect(await verify('ours')).toMatchObject({ subject: 'user-1' })
    await expect(verify('theirs')).rejects.toThrow(invalid)
    expect(sent).toEqual(['Bearer ours', '2', 'Bearer theirs', '2'])
  })

  it('asks once for fifty requests at the same time, and once more for another token', async () => {
    idp.answer(async () => {
      await new Promise(setImmediate)
      return Response.json({ app: 'our-app' })
    })
    const verify = createVerify(byApplication)
    await Promise.all(Array.from({ length: 50 }, async () => await verify()))
    expect(idp.requests).toEqual([url])
    await verify('another')
    expect(idp.requests).toEqual([url, url])
  })

  it.each([
    [undefined, 30],
    [60, 60],
  ])('with cacheSeconds %s asks again after %d seconds', async (cacheSeconds, seconds) => {
    const check = vi.fn<CheckOpaqueToken>(async () => found)
    const verify = createVerify(check, { cacheSeconds })
    expect(await verify()).toMatchObject({ expiresAt: idp.clock.now() + seconds })
    idp.clock.advance(seconds - 0.1)
    await verify()
    expect(check).toHaveBeenCalledTimes(1)
    idp.clock.advance(0.1)
    await verify()
    expect(check).toHaveBeenCalledTimes(2)
  })

  it('A013 remembers no token past its end, and refuses one that has ended', async () => {
    const end = idp.clock.now() + 10
    const verify = createVerify(async () => ({ ...found, expiresAt: end }))
    await verify()
    idp.clock.advance(10)
    await expect(verify()).rejects.toThrow(refusal('token_expired'))
  })

  it('remembers a refusal for three seconds, and asks again then', async () => {
    const check = vi.fn<CheckOpaqueToken>(byApplication)
    const verify = createVerify(check)
    idp.answer(() => new Response(null, { status: 401 }))
    for (const seconds of [0, 2.9]) {
      idp.clock.advance(seconds)
      await expect(verify()).rejects.toThrow(invalid)
    }
    expect(check).toHaveBeenCalledTimes(1)
    idp.answer(() => Response.json({ app: 'our-app' }))
    idp.clock.advance(0.1)
    expect(await verify()).toMatchObject({ subject: 'user-1' })
  })

  it('forgets a token that was revoked, on every server it works for', async () => {
    let isAlive = true
    const tokens = opaqueTokenVerifier({
      check: async () => await (isAlive ? Promise.resolve(found) : Promise.reject(new OAuthError('token_invalid'))),
    })
    const servers = [tokens(idp.tools), tokens(idp.tools)]
    for (const server of servers) await server.verify('opaque', { resource })
    isAlive = false
    await tokens.forget('opaque')
    for (const server of servers) await expect(server.verify('opaque', { resource })).rejects.toThrow(invalid)
  })

  it('D9 calls no token bad while the provider fails, and asks anew', async () => {
    const verify = createVerify(byApplication)
    for (const status of [403, 404, 429, 500, 503]) {
      idp.answer(() => new Response(null, { status }))
      await expect(verify()).rejects.toThrow(unavailable)
    }
    idp.answer(() => new Response('<html>'))
    await expect(verify()).rejects.toThrow(unavailable)
    idp.answer(() => new Response(null, { status: 302, headers: { location: 'https://evil.example' } }))
    await expect(verify()).rejects.toThrow(unavailable)
    idp.answer(() => Response.json({ app: 'our-app' }))
    expect(await verify()).toMatchObject({ subject: 'user-1' })
    expect(new Set(idp.requests)).toEqual(new Set([url]))
  })

  it('D9 leaves a provider alone that does not answer, for two seconds', async () => {
    const verify = createVerify(byApplication)
    idp.answer(() => Promise.reject(new Error('ECONNRESET')))
    await expect(verify('1')).rejects.toThrow(unavailable)
    await expect(verify('2')).rejects.toMatchObject({ reason: 'upstream_unavailable', retryAfterSeconds: 2 })
    expect(idp.requests).toHaveLength(1)
  })

  it.each(['invalid_token', 'invalid_grant', 'access_denied'] as const)('takes %s for a refusal', async (kind) => {
    const verify = createVerify(async () => await Promise.reject(new UpstreamError(kind)))
    await expect(verify()).rejects.toThrow(invalid)
  })

  it.each(['invalid_client', 'unavailable', 'protocol'] as const)('D9 takes %s for an outage', async (kind) => {
    const verify = createVerify(async () => await Promise.reject(new UpstreamError(kind)))
    await expect(verify()).rejects.toThrow(unavailable)
  })

  it('lets the mistakes of a check be mistakes, and remembers them for nobody', async () => {
    const check = vi.fn<CheckOpaqueToken>(async () => await Promise.reject(new RangeError('oops')))
    const verify = createVerify(check)
    await expect(verify()).rejects.toThrow(RangeError)
    await expect(verify()).rejects.toThrow(RangeError)
    expect(check).toHaveBeenCalledTimes(2)
    await expect(createVerify(async () => ({ ...found, expiresAt: Number.NaN }))()).rejects.toThrow(TypeError)
  })

  it.each([{ subject: '' }, { subject: 'key:nightly-job' }])('believes no check about %o', async (over) => {
    await expect(createVerify(async () => ({ ...found, ...over }))()).rejects.toThrow(invalid)
  })

  it.each(['', 'a b', 'a\nb', 'a'.repeat(16_385)])('asks no check about %o', async (token) => {
    const check = vi.fn<CheckOpaqueToken>(async () => found)
    await expect(createVerify(check)(token)).rejects.toThrow(invalid)
    expect(check).not.toHaveBeenCalled()
  })

  it.each([0, 61, Number.NaN])('refuses cacheSeconds %d at the start', (cacheSeconds) => {
    expect(() => opaqueTokenVerifier({ check: byApplication, cacheSeconds })).toThrow(misconfiguration('cacheSeconds'))
  })
})
