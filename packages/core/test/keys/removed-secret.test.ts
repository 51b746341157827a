import { describe, expect, it } from 'vitest'
import type { AuthEvent } from '../../src/events.ts'
import { createKeyRing } from '../../src/keys/key-ring.ts'
import { parseRootSecrets } from '../../src/keys/root-secret.ts'
import {
  call,
  callUpstream,
  decide,
  introspect,
  login,
  openPage,
  refresh,
  register,
  type Tokens,
  wordOf,
} from '../outage/support/client.ts'
import {
  createWorld,
  type Process,
  resourceServer,
  startProcess,
  upstreamSeconds,
  type World,
} from '../outage/support/world.ts'
import { baseUrl, secret, send } from '../providers/support/lab.ts'
import { newPrivateJWK, signByHand } from '../support/signing.ts'

const newSecret = Buffer.alloc(32, 2).toString('base64url')

function unreadable(events: readonly AuthEvent[]): Partial<AuthEvent>[] {
  return events.filter(({ type }) => type === 'record.unreadable').map(({ time: _time, ...event }) => event)
}

/** Id of the secret that everything was sealed with. */
async function oldKeyId(): Promise<string> {
  const ring = await createKeyRing(parseRootSecrets(secret))
  return Buffer.from(await ring.seal('store', '', 'a'), 'base64url')
    .subarray(1, 7)
    .toString('base64url')
}

async function presentRefreshToken(at: Process, token: string): Promise<string> {
  const { client_id, client_secret } = resourceServer
  const fields = { grant_type: 'refresh_token', refresh_token: token, client_id, client_secret }
  const body = new URLSearchParams(fields)
  return await wordOf(await send(at, new Request(`${baseUrl}/token`, { method: 'POST', body })))
}

async function setScene(): Promise<{ world: World; tokens: Tokens; stranger: Process }> {
  const world = createWorld()
  const tokens = await login(world, startProcess(world))
  return { world, tokens, stranger: startProcess(world, { secret: newSecret }) }
}

describe('a secret that was removed', () => {
  it('C5 C10 is told by the access token that its key signed, and the client is answered as ever', async () => {
    const { tokens, stranger } = await setScene()
    expect(await wordOf(await call(tokens)(stranger))).toBe('401 invalid_token')
    const [header = ''] = tokens.accessToken.split('.')
    const { kid: keyId } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }
    expect(keyId).toMatch(/^[\w-]{43}$/)
    const told = { type: 'record.unreadable', kind: 'access_token', reason: 'key_unknown', keyId }
    expect(unreadable(stranger.events)).toEqual([told])
    await introspect(tokens)(stranger)
    await call(tokens)(stranger)
    expect(unreadable(stranger.events)).toEqual([told])
  })

  it('C5 C10 is told by an access token that is introspected', async () => {
    const { tokens, stranger } = await setScene()
    expect(await (await introspect(tokens)(stranger)).json()).toEqual({ active: false })
    expect(unreadable(stranger.events)).toMatchObject([{ kind: 'access_token', reason: 'key_unknown' }])
  })

  it('C5 C10 is told by the client id that it sealed', async () => {
    const { tokens, stranger } = await setScene()
    expect(await wordOf(await refresh(tokens)(stranger))).toBe('401 invalid_client')
    expect(unreadable(stranger.events)).toEqual([
      { type: 'record.unreadable', kind: 'client_id', reason: 'key_unknown', keyId: await oldKeyId() },
    ])
  })

  it('C5 C10 is told by the consent page that it sealed', async () => {
    const world = createWorld()
    const page = await openPage(startProcess(world))
    const stranger = startProcess(world, { secret: newSecret })
    expect(await wordOf(await decide(page, 'approve')(stranger))).toBe('400')
    expect(unreadable(stranger.events)).toEqual([
      { type: 'record.unreadable', kind: 'consent_page', reason: 'key_unknown', keyId: await oldKeyId() },
    ])
  })

  it('C5 C10 is told by a remembered consent', async () => {
    const ring = await createKeyRing(parseRootSecrets(secret))
    const cookie = `__Host-mcpauth-remembered=${await ring.seal('consent', '[]', `remembered ${baseUrl}/`)}`
    const stranger = startProcess(createWorld(), { secret: newSecret, dangerouslyRememberConsent: {} })
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: resourceServer.client_id,
      redirect_uri: resourceServer.redirect_uris[0],
      code_challenge: 'a'.repeat(43),
      code_challenge_method: 'S256',
      resource: `${baseUrl}/mcp`,
    })
    const headers = { cookie, 'sec-fetch-site': 'none' }
    expect((await send(stranger, new Request(`${baseUrl}/authorize?${query}`, { headers }))).status).toBe(200)
    expect(unreadable(stranger.events)).toEqual([
      { type: 'record.unreadable', kind: 'remembered_consent', reason: 'key_unknown', keyId: await oldKeyId() },
    ])
  })

  it('C5 C10 is told by the grant of a refresh token, which itself names no key', async () => {
    const { tokens, stranger } = await setScene()
    expect(await presentRefreshToken(stranger, tokens.refreshToken)).toBe('400 invalid_grant')
    expect(unreadable(stranger.events)).toEqual([
      { type: 'record.unreadable', kind: 'grant', reason: 'key_unknown', keyId: await oldKeyId() },
    ])
  })

  it('C5 C10 is told by the refresh token itself, where its grant was sealed anew', async () => {
    const { world, tokens, stranger } = await setScene()
    const renewing = startProcess(world, { secret: [newSecret, secret] })
    world.clock.advance(upstreamSeconds)
    expect(await wordOf(await callUpstream(tokens)(renewing))).toBe('200')
    expect(await presentRefreshToken(stranger, tokens.refreshToken)).toBe('400 invalid_grant')
    expect(unreadable(stranger.events)).toEqual([
      { type: 'record.unreadable', kind: 'refresh_token', reason: 'key_unknown' },
    ])
  })

  it('C10 answers a refresh token of a removed key in an outage as it does otherwise', async () => {
    const { world, tokens } = await setScene()
    const away = async (): Promise<never> => await Promise.reject(new Error('connect ECONNREFUSED'))
    const store = { ...world.database, get: away }
    const stranger = startProcess(world, { secret: newSecret, store })
    expect(await presentRefreshToken(stranger, tokens.refreshToken)).toBe('400 invalid_grant')
  })
})

describe('what somebody made up', () => {
  const claims = { iss: baseUrl, exp: 4e9, sub: 'a' }

  it('A001 is no flood: at most twenty ids a minute, and stored records are told nevertheless', async () => {
    const { world, tokens } = await setScene()
    const events: AuthEvent[] = []
    const stranger = startProcess(world, { secret: newSecret, onEvent: (event) => events.push(event) })
    const forgeKey = await newPrivateJWK('EdDSA')
    for (let n = 0; n < 100; n += 1) {
      const kid = String(n).padStart(43, 'k')
      const accessToken = signByHand({ alg: 'EdDSA', typ: 'at+jwt', kid }, claims, forgeKey)
      await call({ ...tokens, accessToken })(stranger)
    }
    expect(unreadable(events)).toHaveLength(20)
    await presentRefreshToken(stranger, tokens.refreshToken)
    expect(unreadable(events).slice(20)).toMatchObject([{ kind: 'grant', reason: 'key_unknown' }])
    world.clock.advance(60)
    await call(tokens)(stranger)
    expect(unreadable(events)).toHaveLength(22)
  })

  it.each([
    ['of another issuer', { typ: 'at+jwt', kid: 'k'.repeat(43) }, { ...claims, iss: 'https://idp.example' }],
    ['that is over', { typ: 'at+jwt', kid: 'k'.repeat(43) }, { ...claims, exp: 1 }],
    ['of another type', { typ: 'JWT', kid: 'k'.repeat(43) }, claims],
    ['whose key has no id of ours', { typ: 'at+jwt', kid: 'a key, perhaps a secret' }, claims],
    ['with a header we never write', { typ: 'at+jwt', kid: 'k'.repeat(43), jku: 'https://idp.example' }, claims],
  ])('A001 is not told for a token %s', async (_name, header, payload) => {
    const { tokens, stranger } = await setScene()
    const accessToken = signByHand({ alg: 'EdDSA', ...header }, payload, await newPrivateJWK('EdDSA'))
    expect(await wordOf(await call({ ...tokens, accessToken })(stranger))).toBe('401 invalid_token')
    expect(unreadable(stranger.events)).toEqual([])
  })

  it('A001 is not told for a forged token of a known key, an invented client and an invented refresh token', async () => {
    const { world, tokens, stranger } = await setScene()
    const own = await login(world, stranger)
    const forged = `${own.accessToken.slice(0, -10)}AAAAAAAAAA`
    // Signing in has met a list of the old secret.
    const before = unreadable(stranger.events).length
    await call({ ...tokens, accessToken: forged })(stranger)
    await refresh({ ...tokens, clientId: 'dcr_invented' })(stranger)
    await refresh({ ...tokens, clientId: `${await register(stranger)}AAAA` })(stranger)
    const refreshToken = `${'a'.repeat(27)}.${'b'.repeat(43)}.${'c'.repeat(43)}`
    expect(await presentRefreshToken(stranger, refreshToken)).toBe('400 invalid_grant')
    // The grant is there and can be read, and knows no such token.
    const [grantId = ''] = own.refreshToken.split('.')
    await presentRefreshToken(stranger, refreshToken.replace('a'.repeat(27), grantId))
    expect(unreadable(stranger.events)).toHaveLength(before)
  })
})
