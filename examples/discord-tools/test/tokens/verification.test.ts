import { createHmac } from 'node:crypto'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, it } from 'vitest'
import { mintToken } from '../../src/tokens/mint-token.ts'
import { createMintedTokens } from '../../src/tokens/minted-tokens.ts'
import { toPublicJwk } from '../../src/tokens/signing-key.ts'
import { currentSigningKey } from '../../src/tokens/signing-keys.ts'
import { openVault } from '../../src/vault/vault.ts'
import { makeBotToken, secret, start } from '../vault/support/vault.ts'
import { headOf, issuer, type MintedWorld, makeMintedWorld, resource } from './support/minted.ts'

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

it('knows the caller of a minted token and the bot token behind it', async () => {
  const { issue, tokens } = await makeMintedWorld()
  const { accessToken, expiresAt, botToken } = await issue()
  expect(await tokens.authenticate(headOf(accessToken))).toEqual({
    issuer,
    // Those of Discord users are for logins: whoever mints chooses the subject.
    roles: [],
    subject: 'alice',
    username: 'alice',
    clientId: 'bot-token',
    scopes: ['discord:messages.read', 'discord:messages.write'],
    expiresAt,
    claims: decodeJwt(accessToken),
  })
  expect(await tokens.botTokenOf({ token: accessToken })).toBe(botToken)
})

it.each(['', 'opaque', 'a.b.c', 'eyJ.eyJ.e', '..', `${encode({ alg: 'none' })}.${encode(['list'])}.`])(
  'leaves the token %j to whoever else knows tokens',
  async (token) => {
    const { tokens } = await makeMintedWorld()
    expect(await tokens.authenticate(headOf(token))).toBeUndefined()
    expect(await tokens.botTokenOf({ token })).toBeUndefined()
  },
)

it('leaves requests without a token, with another scheme and with two tokens to the gate', async () => {
  const { tokens, issue } = await makeMintedWorld()
  const { accessToken } = await issue()
  for (const value of [undefined, `Basic ${accessToken}`, `Bearer ${accessToken}, Bearer ${accessToken}`]) {
    const headers = new Headers(value === undefined ? {} : { authorization: value })
    expect(await tokens.authenticate({ method: 'POST', url: resource, headers })).toBeUndefined()
  }
})

type Forge = (world: MintedWorld, token: string) => Promise<string>

const ofAnotherKey: Forge = async (_world, token) => {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
  const kid = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
  return await new SignJWT(decodeJwt(token)).setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid }).sign(privateKey)
}

const withKeyInHeader: Forge = async (_world, token) => {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
  const header = { alg: 'EdDSA', typ: 'at+jwt', jwk: await exportJWK(publicKey), jku: 'https://evil.example/jwks' }
  return await new SignJWT(decodeJwt(token)).setProtectedHeader(header).sign(privateKey)
}

const hs256: Forge = async ({ mint }, token) => {
  const key = await currentSigningKey(mint.vault.signingKeys, start)
  const { x = '' } = toPublicJwk(key)
  const head = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: key.id })}.${token.split('.')[1]}`
  return `${head}.${createHmac('sha256', Buffer.from(x, 'base64url')).update(head).digest('base64url')}`
}

const withPayload =
  (changes: Record<string, unknown>): Forge =>
  async (_world, token) => {
    const [header, , signature] = token.split('.')
    return `${header}.${encode({ ...decodeJwt(token), ...changes })}.${signature}`
  }

const withHeader =
  (header: Record<string, unknown>, claims: Record<string, unknown> = {}): Forge =>
  async ({ resign }, token) =>
    await resign(token, claims, header)

it.each<[string, Forge]>([
  ['alg none', async (_, token) => `${encode({ alg: 'none', typ: 'at+jwt' })}.${token.split('.')[1]}.AA`],
  [
    'alg none without a signature, signed by nobody',
    async (_, token) => `${encode({ alg: 'none' })}.${token.split('.')[1]}.`,
  ],
  ['HS256 with the public key as its secret', hs256],
  ['a key of somebody else under our name', ofAnotherKey],
  ['a key in its own header', withKeyInHeader],
  ['a scope that was edited', withPayload({ scope: 'discord:messages.moderate' })],
  ['a subject that was edited', withPayload({ sub: 'bob' })],
  ['an end that was edited', withPayload({ exp: start + 1_000_000 })],
  ['a signature cut off', async (_, token) => token.slice(0, -20)],
  ['another audience', withHeader({}, { aud: 'https://other.example/mcp' })],
  ['ours and another audience', withHeader({}, { aud: [resource, 'https://other.example/mcp'] })],
  ['an audience that only begins like ours', withHeader({}, { aud: `${resource}/` })],
  ['no audience', withHeader({}, { aud: undefined })],
  ['the type of an id token', withHeader({ typ: 'JWT' })],
  ['no type', withHeader({ typ: undefined })],
  ['an unknown key', withHeader({ kid: 'A'.repeat(43) })],
  ['a path in place of a key', withHeader({ kid: '../references/x' })],
  ['no key named', withHeader({ kid: undefined })],
  ['no end', withHeader({}, { exp: undefined })],
  ['no subject', withHeader({}, { sub: undefined })],
  ['another client', withHeader({}, { client_id: 'somebody' })],
  ['the start in the future', withHeader({}, { nbf: start + 3000 })],
  ['the marks of an id token', withHeader({}, { nonce: 'n' })],
])('answers token_invalid to a token with %s', async (_, forge) => {
  const world = await makeMintedWorld()
  const { accessToken } = await world.issue()
  const forged = await forge(world, accessToken)
  await expect(world.tokens.authenticate(headOf(forged))).rejects.toMatchObject({
    reason: 'token_invalid',
    status: 401,
  })
  await expect(world.tokens.botTokenOf({ token: forged })).rejects.toMatchObject({ reason: 'token_invalid' })
  expect(await world.tokens.authenticate(headOf(accessToken))).toMatchObject({ subject: 'alice' })
})

it('does not believe another issuer, whoever signed', async () => {
  const { issue, resign, tokens } = await makeMintedWorld()
  const { accessToken } = await issue()
  for (const iss of ['https://mcp.example', 'https://evil.example/bot-tokens', `${issuer}/`, undefined]) {
    const token = await resign(accessToken, { iss })
    expect(await tokens.authenticate(headOf(token))).toBeUndefined()
    expect(await tokens.botTokenOf({ token })).toBeUndefined()
  }
})

it('refuses a token with the reference of somebody else: the subject of the vault counts', async () => {
  const { issue, resign, tokens } = await makeMintedWorld()
  const alice = await issue()
  const bob = await issue({ subject: 'bob' })
  const token = await resign(alice.accessToken, { jti: bob.reference })
  await expect(tokens.authenticate(headOf(token))).rejects.toMatchObject({ reason: 'token_invalid' })
  await expect(tokens.botTokenOf({ token })).rejects.toMatchObject({ reason: 'token_invalid' })
})

it('grants what token and vault both say: neither a signed scope nor a signed end goes beyond the vault', async () => {
  const { issue, resign, tokens, clock } = await makeMintedWorld()
  const { accessToken } = await issue()
  const scope = 'discord:messages.moderate discord:messages.read'
  const token = await resign(accessToken, { scope, exp: start + 1_000_000 })
  expect(await tokens.authenticate(headOf(token))).toMatchObject({ scopes: ['discord:messages.read'] })
  clock.now = start + 3600
  await expect(tokens.authenticate(headOf(token))).rejects.toMatchObject({ reason: 'token_expired' })
})

it.each([undefined, 7, '', '../keys/x', 'f'.repeat(32)])('refuses the reference %j as ended', async (jti) => {
  const { issue, resign, tokens } = await makeMintedWorld()
  const { accessToken } = await issue()
  const token = await resign(accessToken, { jti })
  await expect(tokens.authenticate(headOf(token))).rejects.toMatchObject({ reason: 'grant_revoked' })
})

it('answers token_expired from the very second of the end on, also to a token it knows', async () => {
  const { issue, tokens, clock } = await makeMintedWorld()
  const { accessToken } = await issue({ lifetime: 60 })
  clock.now = start + 59.999
  expect(await tokens.authenticate(headOf(accessToken))).toMatchObject({ subject: 'alice' })
  for (const now of [start + 60, start + 61, start + 90_000]) {
    clock.now = now
    await expect(tokens.authenticate(headOf(accessToken))).rejects.toMatchObject({
      reason: 'token_expired',
      status: 401,
    })
    await expect(tokens.botTokenOf({ token: accessToken })).rejects.toMatchObject({ reason: 'token_expired' })
  }
})

it('refuses a token that another process revoked on its very next use', async () => {
  const { folder, issue, tokens } = await makeMintedWorld()
  const { accessToken, reference } = await issue()
  expect(await tokens.authenticate(headOf(accessToken))).toMatchObject({ subject: 'alice' })
  const other = await openVault({ folder, secrets: [secret] })
  expect(await other.revoke(reference, start)).toBe(true)
  await expect(tokens.authenticate(headOf(accessToken))).rejects.toMatchObject({ reason: 'grant_revoked', status: 401 })
  await expect(tokens.botTokenOf({ token: accessToken })).rejects.toMatchObject({ reason: 'grant_revoked' })
})

it('gives the bot token of no other reference when files were swapped, and calls it an outage', async () => {
  const { folder, issue, tokens } = await makeMintedWorld()
  const [one, other] = [await issue(), await issue()]
  const fileOf = (id: string): string => join(folder, 'references', `${id}.json`)
  await rename(fileOf(one.reference), fileOf(other.reference))
  const uses = [
    async () => await tokens.authenticate(headOf(other.accessToken)),
    async () => await tokens.botTokenOf({ token: other.accessToken }),
  ]
  for (const use of uses) {
    await expect(use()).rejects.toMatchObject({ reason: 'store_unavailable', status: 503 })
  }
})

it('ends what only a removed secret opens, and goes on with one that is kept', async () => {
  const old = new Uint8Array(32).fill(7)
  const { folder, issue, clock } = await makeMintedWorld([old])
  const { accessToken, botToken } = await issue()
  const verify = async (secrets: readonly Uint8Array[]): Promise<unknown> => {
    const vault = await openVault({ folder, secrets })
    const tokens = createMintedTokens({ vault, issuer, resource, now: () => clock.now })
    return await tokens.botTokenOf({ token: accessToken })
  }
  expect(await verify([secret, old])).toBe(botToken)
  await expect(verify([secret])).rejects.toMatchObject({ status: 401 })
  // The key that signs moves on to the new secret with the next token; the reference stays with the old one.
  const rotated = await openVault({ folder, secrets: [secret, old] })
  await mintToken(
    { vault: rotated, issuer, resource, now: () => start },
    { subject: 'a', scopes: ['a'], botToken: makeBotToken() },
  )
  await expect(verify([secret])).rejects.toMatchObject({ reason: 'grant_revoked' })
  expect(await verify([secret, old])).toBe(botToken)
})
