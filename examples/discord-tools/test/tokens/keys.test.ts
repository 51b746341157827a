import { generateKeyPairSync } from 'node:crypto'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { expect, it } from 'vitest'
import { parseSigningKey } from '../../src/tokens/signing-key.ts'
import { addSigningKey, currentSigningKey, rotateSigningKey, sweepSigningKeys } from '../../src/tokens/signing-keys.ts'
import { readEverything, start } from '../vault/support/vault.ts'
import { headOf, issuer, makeMintedWorld, resource } from './support/minted.ts'

it('publishes public members only, with which anybody can verify a token', async () => {
  const { issue, tokens, folder, mint } = await makeMintedWorld()
  await rotateSigningKey(mint.vault.signingKeys, 'RS256', start)
  const { accessToken } = await issue()
  const jwks = await tokens.jwks()
  expect(jwks.keys.map((key) => Object.keys(key).toSorted())).toEqual([['alg', 'e', 'kid', 'kty', 'n', 'use']])
  await rotateSigningKey(mint.vault.signingKeys, 'EdDSA', start)
  const both = await tokens.jwks()
  expect(both.keys.map((key) => Object.keys(key).toSorted())).toEqual([
    ['alg', 'crv', 'kid', 'kty', 'use', 'x'],
    ['alg', 'e', 'kid', 'kty', 'n', 'use'],
  ])
  const set = createLocalJWKSet(JSON.parse(JSON.stringify(both)))
  const { payload } = await jwtVerify(accessToken, set, {
    issuer,
    audience: resource,
    currentDate: new Date(start * 1000),
  })
  expect(payload.sub).toBe('alice')
  const { privateJwk } = await currentSigningKey(mint.vault.signingKeys, start)
  expect(await readEverything(folder)).not.toContain(privateJwk.d)
})

it('has an empty set before the first token', async () => {
  const { tokens } = await makeMintedWorld()
  expect(await tokens.jwks()).toEqual({ keys: [] })
})

it('signs with the new key after a rotation, also within the same second, and keeps the old one for its tokens', async () => {
  const { issue, tokens, mint } = await makeMintedWorld()
  const before = await issue()
  const newer: string[] = []
  for (const algorithm of ['RS256', 'EdDSA', 'EdDSA', 'EdDSA'] as const) {
    newer.push((await rotateSigningKey(mint.vault.signingKeys, algorithm, start)).id)
    expect(decodeProtectedHeader((await issue()).accessToken).kid).toBe(newer.at(-1))
  }
  expect(await tokens.authenticate(headOf(before.accessToken))).toMatchObject({ subject: 'alice' })
  expect((await tokens.jwks()).keys).toHaveLength(5)
})

it('removes a former key once its last token has expired, and never the one that signs', async () => {
  const { issue, tokens, mint, clock } = await makeMintedWorld()
  const { vault } = mint
  const { accessToken } = await issue({ lifetime: 8000 })
  const { id } = await rotateSigningKey(vault.signingKeys, 'EdDSA', start)
  clock.now = start + 7999
  expect(await sweepSigningKeys(vault, clock.now)).toBe(0)
  expect(await tokens.authenticate(headOf(accessToken))).toMatchObject({ subject: 'alice' })
  clock.now = start + 8000
  expect(await sweepSigningKeys(vault, clock.now)).toBe(1)
  expect((await tokens.jwks()).keys.map(({ kid }) => kid)).toEqual([id])
  clock.now = start + 10_000_000
  expect(await sweepSigningKeys(vault, clock.now)).toBe(0)
})

it('keeps a former key for an hour after a rotation: another process may be signing with it', async () => {
  const { issue, mint } = await makeMintedWorld()
  await issue({ lifetime: 1 })
  await rotateSigningKey(mint.vault.signingKeys, 'EdDSA', start)
  expect(await sweepSigningKeys(mint.vault, start + 3600)).toBe(0)
  expect(await sweepSigningKeys(mint.vault, start + 3602)).toBe(1)
})

it('removes no key while a reference cannot be read', async () => {
  const { issue, mint, folder } = await makeMintedWorld()
  const { reference } = await issue({ lifetime: 1 })
  await rotateSigningKey(mint.vault.signingKeys, 'EdDSA', start)
  await writeFile(join(folder, 'references', `${reference}.json`), 'damaged')
  expect(await sweepSigningKeys(mint.vault, start + 10_000)).toBe(0)
})

it('refuses the tokens of a key whose file was removed on their next use, though it knows them', async () => {
  const { issue, tokens, folder } = await makeMintedWorld()
  const { accessToken } = await issue()
  await tokens.authenticate(headOf(accessToken))
  const [file = ''] = await readdir(join(folder, 'keys'))
  await rm(join(folder, 'keys', file))
  await expect(tokens.authenticate(headOf(accessToken))).rejects.toMatchObject({ reason: 'token_invalid' })
})

it('is an outage while the key of a token is damaged or the vault is gone, and recovers by itself', async () => {
  const { issue, tokens, folder, mint } = await makeMintedWorld()
  const { accessToken } = await issue()
  const { id } = await currentSigningKey(mint.vault.signingKeys, start)
  const opened = await mint.vault.signingKeys.read(id)
  await writeFile(join(folder, 'keys', `${id}.json`), 'damaged')
  await expect(tokens.authenticate(headOf(accessToken))).rejects.toMatchObject({
    reason: 'store_unavailable',
    status: 503,
  })
  expect((await tokens.findDamage()).map(({ message }) => message)).toEqual([
    `vault: keys/${id}.json is damaged: it is not what was written`,
  ])
  await mint.vault.signingKeys.write(id, opened?.text ?? '')
  expect(await tokens.authenticate(headOf(accessToken))).toMatchObject({ subject: 'alice' })
  await rm(folder, { recursive: true })
  const uses = [
    async () => await tokens.authenticate(headOf(accessToken)),
    async () => await tokens.jwks(),
    async () => await tokens.findDamage(),
  ]
  for (const use of uses) {
    await expect(use()).rejects.toMatchObject({ reason: 'store_unavailable', status: 503 })
  }
})

it('makes one key when two processes mint into an empty vault, or two that both count', async () => {
  const { issue, tokens } = await makeMintedWorld()
  const issued = await Promise.all(Array.from({ length: 8 }, async () => await issue()))
  for (const { accessToken, botToken } of issued) {
    expect(await tokens.botTokenOf({ token: accessToken })).toBe(botToken)
  }
})

const pem = { type: 'pkcs8', format: 'pem' } as const

it('takes a key of its owner as PKCS #8 or JWK, for RS256 or Ed25519, and signs with it', async () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const ed25519 = generateKeyPairSync('ed25519').privateKey
  const texts = [rsa, ed25519].flatMap((key) => [
    String(key.export(pem)),
    JSON.stringify(key.export({ format: 'jwk' })),
  ])
  const algorithms: (string | undefined)[] = []
  for (const text of texts) {
    const { issue, mint, tokens } = await makeMintedWorld()
    const key = await parseSigningKey(text, start)
    if (typeof key === 'string') throw new TypeError(key)
    await addSigningKey(mint.vault.signingKeys, key)
    const { accessToken } = await issue()
    algorithms.push(decodeProtectedHeader(accessToken).alg)
    expect(await tokens.authenticate(headOf(accessToken))).toMatchObject({ subject: 'alice' })
  }
  expect(algorithms).toEqual(['RS256', 'RS256', 'EdDSA', 'EdDSA'])
})

it('signs with a given key again when it is given again after another one', async () => {
  const { mint } = await makeMintedWorld()
  const folder = mint.vault.signingKeys
  const key = await parseSigningKey(String(generateKeyPairSync('ed25519').privateKey.export(pem)), start)
  if (typeof key === 'string') throw new TypeError(key)
  await addSigningKey(folder, key)
  await rotateSigningKey(folder, 'EdDSA', start + 1)
  await addSigningKey(folder, key)
  expect((await currentSigningKey(folder, start)).id).toBe(key.id)
})

it('refuses every other key, and repeats nothing of it', async () => {
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
  const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const { publicKey } = generateKeyPairSync('ed25519')
  const locked = generateKeyPairSync('ed25519').privateKey.export({ ...pem, cipher: 'aes-256-cbc', passphrase: 'x' })
  const refused = [
    await parseSigningKey(String(short.export(pem)), start),
    await parseSigningKey(String(elliptic.export(pem)), start),
    await parseSigningKey(JSON.stringify(publicKey.export({ format: 'jwk' })), start),
    await parseSigningKey(String(locked), start),
    await parseSigningKey('{"kty":"oct","k":"c2VjcmV0"}', start),
    await parseSigningKey('my secret', start),
  ]
  const noKey = 'is not a private key: give PKCS #8 in PEM without a password, or a JWK with its private members'
  expect(refused).toEqual([
    'is an RSA key of less than 2048 bits',
    'is not for RS256 or Ed25519',
    noKey,
    noKey,
    noKey,
    noKey,
  ])
})
