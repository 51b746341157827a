import { decodeJwt, decodeProtectedHeader } from 'jose'
import { expect, it } from 'vitest'
import { mintToken } from '../../src/tokens/mint-token.ts'
import { makeBotToken, start } from '../vault/support/vault.ts'
import { headOf, issuer, makeMintedWorld, resource } from './support/minted.ts'

it('mints a signed reference of type at+jwt that says who, what for and until when, and nothing about the bot', async () => {
  const { issue, mint } = await makeMintedWorld()
  const { accessToken, reference, expiresAt, botToken } = await issue({ label: 'a note' })
  expect(decodeProtectedHeader(accessToken)).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid: expect.any(String) })
  expect(decodeJwt(accessToken)).toEqual({
    iss: issuer,
    aud: resource,
    sub: 'alice',
    client_id: 'bot-token',
    scope: 'discord:messages.read discord:messages.write',
    iat: start,
    exp: start + 3600,
    jti: reference,
  })
  expect([expiresAt, (await mint.vault.find(reference))?.label]).toEqual([start + 3600, 'a note'])
  const decoded = accessToken.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'))
  expect(decoded.join()).not.toContain(botToken.slice(0, 12))
  expect(decoded.join()).not.toContain('a note')
})

it.each<[string, Record<string, unknown>]>([
  ['the subject must be', { subject: '' }],
  ['the subject must be', { subject: 'a\nb' }],
  ['the subject must be', { subject: '\u202Eecila' }],
  ['the subject must be', { subject: 'a'.repeat(256) }],
  ['the subject must not begin with key:', { subject: 'key:alice' }],
  ['at least one scope', { scopes: [] }],
  ['a scope is malformed', { scopes: ['a b'] }],
  ['the lifetime must be', { lifetime: 0 }],
  ['the lifetime must be', { lifetime: 1.5 }],
  ['the lifetime must be', { lifetime: Number.NaN }],
  ['the lifetime must be', { lifetime: 2_592_001 }],
  ['the label must be', { label: '\u001B[2J' }],
  ['the bot token must be', { botToken: 'with space inside' }],
  ['the bot token must be', { botToken: 'two\r\nlines-of-it' }],
])('mints nothing: %s (%j)', async (message, changes) => {
  const { mint, issue } = await makeMintedWorld()
  await expect(issue(changes)).rejects.toThrow(message)
  expect((await mint.vault.list()).references).toEqual([])
})

it('mints for up to 30 days', async () => {
  const { issue } = await makeMintedWorld()
  expect((await issue({ lifetime: 2_592_000 })).expiresAt).toBe(start + 2_592_000)
})

it('gives nobody a token whose reference could not be kept', async () => {
  const { mint } = await makeMintedWorld()
  const full = async (): Promise<never> => {
    throw new Error('disk full')
  }
  const request = { subject: 'alice', scopes: ['a'], botToken: makeBotToken() }
  await expect(mintToken({ ...mint, vault: { ...mint.vault, add: full } }, request)).rejects.toThrow('disk full')
})

it('keeps a bot token for each of its tokens: one that ends takes no other with it', async () => {
  const { mint, issue, tokens } = await makeMintedWorld()
  const first = await issue()
  const second = await issue({ botToken: first.botToken })
  await mint.vault.revoke(first.reference, start)
  expect(await tokens.botTokenOf({ token: second.accessToken })).toBe(first.botToken)
  await expect(tokens.authenticate(headOf(first.accessToken))).rejects.toMatchObject({ reason: 'grant_revoked' })
})
