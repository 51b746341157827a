/** A vault, a mint and the verification of what it mints, with a clock that stands still. */
import type { RequestHead } from '@mcp-auth/core'
import { decodeJwt, decodeProtectedHeader, importJWK, SignJWT } from 'jose'
import { type Mint, type MintedToken, type MintRequest, mintToken } from '../../../src/tokens/mint-token.ts'
import { createMintedTokens, type MintedTokens } from '../../../src/tokens/minted-tokens.ts'
import { currentSigningKey } from '../../../src/tokens/signing-keys.ts'
import { makeBotToken, makeVault, secret, start } from '../../vault/support/vault.ts'

export const issuer = 'https://mcp.example/bot-tokens'
export const resource = 'https://mcp.example/mcp'

/** A request with a token. */
export function headOf(token: string): RequestHead {
  return { method: 'POST', url: resource, headers: new Headers({ authorization: `Bearer ${token}` }) }
}

/** All of it. */
export interface MintedWorld {
  readonly folder: string
  readonly mint: Mint
  readonly tokens: MintedTokens
  /** The clock, seconds since the epoch. */
  readonly clock: { now: number }
  readonly issue: (changes?: Partial<MintRequest>) => Promise<MintedToken & { readonly botToken: string }>
  /** Signs other claims and another header with the very key of the mint. */
  readonly resign: (token: string, claims: Record<string, unknown>, header?: Record<string, unknown>) => Promise<string>
}

/** Creates it. */
export async function makeMintedWorld(secrets: readonly Uint8Array[] = [secret]): Promise<MintedWorld> {
  const { folder, vault } = await makeVault(secrets)
  const clock = { now: start }
  const now = (): number => clock.now
  const mint = { vault, issuer, resource, now }
  return {
    folder,
    mint,
    clock,
    tokens: createMintedTokens({ vault, issuer, resource, now }),
    async issue(changes = {}) {
      const botToken = changes.botToken ?? makeBotToken()
      const request = {
        subject: 'alice',
        scopes: ['discord:messages.read', 'discord:messages.write'],
        botToken,
        ...changes,
      }
      return { ...(await mintToken(mint, request)), botToken }
    },
    async resign(token, claims, header = {}) {
      const key = await currentSigningKey(vault.signingKeys, start)
      const { alg = 'EdDSA', ...rest } = decodeProtectedHeader(token)
      return await new SignJWT({ ...decodeJwt(token), ...claims })
        .setProtectedHeader({ ...rest, alg, ...header })
        .sign(await importJWK(key.privateJwk, alg))
    },
  }
}
