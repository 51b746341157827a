/** Verification of minted tokens, for the server. @module */
import {
  type AuthSession,
  jwtVerifier,
  OAuthError,
  type ProtectedResourceOptions,
  parseBearerToken,
  type RemoteKeys,
  type VerifiedToken,
  type VerifierTools,
} from '@mcp-auth/core'
import { decodeJwt } from 'jose'
import type { LiveReference } from '../vault/reference.ts'
import type { Vault } from '../vault/vault.ts'
import { VaultError } from '../vault/vault-error.ts'
import { mintedClientId } from './mint-token.ts'
import { createPublishedKeys, type PublicKeySet } from './published-keys.ts'
import { signingAlgorithms } from './signing-key.ts'
import { readSigningKeys } from './signing-keys.ts'

/** Options of {@link createMintedTokens}. */
export interface MintedTokensOptions {
  readonly vault: Vault
  /** `iss` of minted tokens, see `readVaultSettings`. */
  readonly issuer: string
  /** `aud` of minted tokens: the public URL of the MCP endpoint. */
  readonly resource: string
  /** Seconds since the epoch. Default: the clock of the machine. */
  readonly now?: (() => number) | undefined
}

/** Minted tokens at a server. */
export interface MintedTokens {
  /**
   * For `createOAuthProxy({ authenticate })`: `undefined` for a token of another issuer, which the proxy verifies.
   * @throws {OAuthError} `token_invalid`, `token_expired`, `grant_revoked`; `store_unavailable` (503) while the vault
   * cannot be read
   */
  readonly authenticate: NonNullable<ProtectedResourceOptions['authenticate']>
  /**
   * The bot token a session stands for; `undefined` for a session of another kind. The token of the session is
   * verified again: one that was revoked in the meantime is refused.
   * @throws {OAuthError} as `authenticate` does
   */
  botTokenOf(session: Pick<AuthSession, 'token'>): Promise<string | undefined>
  /** The public keys, to be published. @throws {OAuthError} `store_unavailable` */
  jwks(): Promise<PublicKeySet>
  /** What is in the vault and does not open, for a warning at the start. @throws {OAuthError} `store_unavailable` */
  findDamage(): Promise<readonly VaultError[]>
}

/** Between two sweeps by the server, in seconds. */
const sweepInterval = 3600

/**
 * Creates the verification. A signature is checked once for a token; the vault is asked for every request, so that a
 * token revoked by another process is refused on its next use.
 * @throws {ConfigurationError} for an issuer that is none
 */
export function createMintedTokens({ vault, issuer, resource, now = systemClock }: MintedTokensOptions): MintedTokens {
  const keys = createPublishedKeys(vault.signingKeys)
  const verifier = jwtVerifier({
    issuer,
    jwksURI: `${issuer}/jwks`,
    algorithms: signingAlgorithms,
    types: ['at+jwt'],
    // One machine, one clock.
    expiryToleranceSeconds: 0,
    futureToleranceSeconds: 5,
  })(createTools(now, keys))
  let sweptAt = now()
  const sweepNowAndThen = (): void => {
    if (sweptAt + sweepInterval > now()) return
    sweptAt = now()
    // Leftovers are harmless, and the next sweep finds them.
    vault.sweep(now()).catch(() => {})
  }

  const verify = async (token: string): Promise<{ verified: VerifiedToken; reference: LiveReference }> => {
    await keys.refresh()
    const verified = await verifier.verify(token, { resource })
    const reference = await vault.find(toText(verified.claims['jti']))
    return { verified, reference: assertLive(reference, verified, now()) }
  }
  return {
    async authenticate({ headers }) {
      const credentials = parseBearerToken(headers.get('authorization'))
      if (credentials.kind !== 'token' || !isOf(issuer, credentials.token)) return undefined
      sweepNowAndThen()
      const { verified, reference } = await reach(async () => await verify(credentials.token))
      // Either may narrow the other; a token alone grants nothing.
      const scopes = verified.scopes.filter((scope) => reference.scopes.includes(scope))
      // Roles are those of Discord users: whoever mints chooses the subject, and may choose the id of one.
      return { ...verified, scopes, roles: [], username: reference.subject }
    },
    async botTokenOf({ token }) {
      if (!isOf(issuer, token)) return undefined
      return (await reach(async () => await verify(token))).reference.botToken
    },
    jwks: async () =>
      await reach(async () => {
        await keys.refresh()
        return keys.toKeySet()
      }),
    findDamage: async () => await reach(async () => await findDamage(vault)),
  }
}

/** @throws {OAuthError} `token_invalid`, `grant_revoked` */
function assertLive(
  reference: Awaited<ReturnType<Vault['find']>>,
  { subject, clientId }: VerifiedToken,
  now: number,
): LiveReference {
  // Signed by us and not in the vault: it was there, and is gone.
  if (!reference || 'revokedAt' in reference) throw new OAuthError('grant_revoked')
  if (reference.subject !== subject || clientId !== mintedClientId) throw new OAuthError('token_invalid')
  if (reference.expiresAt <= now) throw new OAuthError('token_expired')
  return reference
}

/** What the token claims, before anybody verified it: good to choose by, never to believe. */
function isOf(issuer: string, token: string): boolean {
  try {
    return decodeJwt(token).iss === issuer
  } catch {
    return false
  }
}

/**
 * Trouble with the vault is ours: never a statement about the token. What only a removed secret opens has ended with it.
 * @throws {OAuthError}
 */
async function reach<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof VaultError)) throw cause
    throw new OAuthError(cause.failure === 'secret' ? 'grant_revoked' : 'store_unavailable', { cause })
  }
}

async function findDamage(vault: Vault): Promise<readonly VaultError[]> {
  const keys = await readSigningKeys(vault.signingKeys)
  return [...keys.failures, ...(await vault.list()).failures]
}

/** The verifier fetches nothing: its keys are in the vault. */
function createTools(now: () => number, keys: RemoteKeys): VerifierTools {
  const refuse = async (): Promise<never> => {
    throw new TypeError('minted tokens are verified without any request')
  }
  return { now, timeoutSeconds: 5, request: refuse, discover: refuse, keys: () => keys }
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function systemClock(): number {
  return Date.now() / 1000
}
