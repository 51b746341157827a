import { rm } from 'node:fs/promises'
import { createOAuthProxy, type OAuthProxy } from '@mcp-auth/core'
import { discord } from '@mcp-auth/provider-discord'
import { expect, it } from 'vitest'
import { start } from '../vault/support/vault.ts'
import { headOf, type MintedWorld, makeMintedWorld, resource } from './support/minted.ts'

/** The proxy that people sign in to with Discord, which takes minted tokens as well. */
function makeProxy({ tokens, clock }: MintedWorld): OAuthProxy {
  return createOAuthProxy({
    baseUrl: 'https://mcp.example',
    provider: discord({ clientId: '157730590492196864', clientSecret: 'secret', scopes: ['identify'] }),
    secret: '01'.repeat(32),
    now: () => clock.now,
    roles: ({ subject }) => (subject === 'alice' ? ['admin'] : []),
    authenticate: tokens.authenticate,
  })
}

it('lets a minted token through the gate of the OAuth proxy, as a session without a token of Discord', async () => {
  const world = await makeMintedWorld()
  const { accessToken, botToken } = await world.issue()
  const session = await makeProxy(world).authenticate(headOf(accessToken))
  if (session instanceof Response) throw new TypeError(`refused: ${session.status}`)
  expect(session).toMatchObject({ subject: 'alice', clientId: 'bot-token', roles: [], anonymous: false })
  expect(JSON.stringify(session)).not.toContain(botToken)
  await expect(session.getUpstreamAccessToken()).rejects.toThrow(TypeError)
  expect(await world.tokens.botTokenOf(session)).toBe(botToken)
  expect(await makeProxy(world).verifyAccessToken(accessToken)).toMatchObject({ subject: 'alice' })
})

it('answers a challenge to what is expired, forged or revoked, with one sentence for each', async () => {
  const world = await makeMintedWorld()
  const auth = makeProxy(world)
  const { accessToken, reference } = await world.issue()
  const forged = `${accessToken.slice(0, -8)}AAAAAAAA`
  const ofTheProxy = await world.resign(accessToken, { iss: 'https://mcp.example' })
  const ask = async (token: string): Promise<[number, string | null]> => {
    const answer = await auth.authenticate(headOf(token))
    return answer instanceof Response ? [answer.status, answer.headers.get('www-authenticate')] : [200, null]
  }
  const challenge = (sentence: string): [number, unknown] => [
    401,
    expect.stringContaining(`error="invalid_token", error_description="${sentence}"`),
  ]
  expect(await ask(forged)).toEqual(challenge('The access token is invalid'))
  expect(await ask(ofTheProxy)).toEqual(challenge('The access token is invalid'))
  await world.mint.vault.revoke(reference, start)
  expect(await ask(accessToken)).toEqual(challenge('The access token was revoked, or its session is no longer known'))
  world.clock.now = start + 3600
  expect(await ask(accessToken)).toEqual(challenge('The access token has expired'))
})

it('D9 answers 503 with Retry-After and no challenge while the vault cannot be read', async () => {
  const world = await makeMintedWorld()
  const auth = makeProxy(world)
  const { accessToken } = await world.issue()
  await rm(world.folder, { recursive: true })
  const answer = await auth.authenticate(headOf(accessToken))
  if (!(answer instanceof Response)) throw new TypeError('let through')
  expect([answer.status, answer.headers.get('retry-after'), answer.headers.get('www-authenticate')]).toEqual([
    503,
    '5',
    null,
  ])
  expect(await answer.text()).not.toContain(world.folder)
  // Others are not affected.
  const anonymous = await auth.authenticate({ method: 'POST', url: resource, headers: new Headers() })
  expect(anonymous instanceof Response && anonymous.status).toBe(401)
})

it('sweeps expired references now and then while it serves', async () => {
  const world = await makeMintedWorld()
  const { reference } = await world.issue({ lifetime: 1 })
  const { accessToken } = await world.issue({ lifetime: 100_000 })
  world.clock.now = start + 3601
  await world.tokens.authenticate(headOf(accessToken))
  await expect.poll(async () => await world.mint.vault.find(reference)).toBeUndefined()
})
