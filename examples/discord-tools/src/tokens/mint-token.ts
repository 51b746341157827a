/** Mints an access token: a signed reference to a bot token that stays in the vault. @module */
import { SignJWT } from 'jose'
import { generateReferenceId, type LiveReference } from '../vault/reference.ts'
import type { Vault } from '../vault/vault.ts'
import { importKey } from './signing-key.ts'
import { currentSigningKey } from './signing-keys.ts'

/** `client_id` of minted tokens: nobody can register it, ids of registered clients look different. */
export const mintedClientId = 'bot-token'
/** Lifetime unless another one is asked for, in seconds. */
export const defaultLifetime = 3600
/** Longest lifetime, in seconds: 30 days. */
export const maxLifetime = 2_592_000

/** What a token is to say, and what it stands for. */
export interface MintRequest {
  readonly subject: string
  /** At least one. */
  readonly scopes: readonly string[]
  /** Seconds. Default {@link defaultLifetime}, at most {@link maxLifetime}. */
  readonly lifetime?: number | undefined
  /** A note for lists; no token has it. */
  readonly label?: string | undefined
  readonly botToken: string
}

/** Where tokens come from and where they are good. */
export interface Mint {
  readonly vault: Vault
  readonly issuer: string
  readonly resource: string
  /** Seconds since the epoch. */
  readonly now: () => number
}

/** What was minted. */
export interface MintedToken {
  readonly accessToken: string
  readonly reference: string
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

/**
 * Mints a token, `typ: at+jwt` as in [RFC 9068 §2](https://www.rfc-editor.org/rfc/rfc9068#section-2). The reference is
 * on the disk when this returns.
 * @throws {TypeError} for a request that {@link whatIsWrong} objects to
 * @throws {VaultError} when the vault cannot be used
 */
export async function mintToken(mint: Mint, request: MintRequest): Promise<MintedToken> {
  const objection = whatIsWrong(request)
  if (objection !== undefined) throw new TypeError(objection)
  const { vault, issuer, resource, now } = mint
  const key = await currentSigningKey(vault.signingKeys, now())
  const createdAt = Math.floor(now())
  const { subject, scopes, lifetime = defaultLifetime, label, botToken } = request
  const reference: LiveReference = {
    id: generateReferenceId(),
    subject,
    scopes: [...new Set(scopes)],
    createdAt,
    expiresAt: createdAt + lifetime,
    ...(label === undefined ? {} : { label }),
    keyId: key.id,
    botToken,
  }
  const accessToken = await new SignJWT({ client_id: mintedClientId, scope: reference.scopes.join(' ') })
    .setProtectedHeader({ alg: key.algorithm, typ: 'at+jwt', kid: key.id })
    .setIssuer(issuer)
    .setAudience(resource)
    .setSubject(subject)
    .setIssuedAt(createdAt)
    .setExpirationTime(reference.expiresAt)
    .setJti(reference.id)
    .sign(await importKey(key.privateJwk, key.algorithm))
  // Last, so that nobody gets a token whose reference is not kept.
  await vault.add(reference)
  return { accessToken, reference: reference.id, expiresAt: reference.expiresAt }
}

/** What is wrong with a request, in a sentence that repeats no secret; `undefined` when it is good. */
export function whatIsWrong({
  subject,
  scopes,
  lifetime = defaultLifetime,
  label,
  botToken,
}: MintRequest): string | undefined {
  if (!isPlainText(subject, 255)) return 'the subject must be 1 to 255 characters, without control characters'
  // Subjects of API keys begin like this, and the verifier takes them from nobody else.
  if (subject.startsWith('key:')) return 'the subject must not begin with key:'
  if (scopes.length === 0) return 'at least one scope is needed'
  if (!scopes.every((scope) => /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/.test(scope))) return 'a scope is malformed'
  if (!Number.isInteger(lifetime) || lifetime < 1 || lifetime > maxLifetime) {
    return `the lifetime must be a whole number of seconds from 1 to ${maxLifetime} (30 days)`
  }
  if (label !== undefined && !isPlainText(label, 100)) {
    return 'the label must be 1 to 100 characters, without control characters'
  }
  return isBotToken(botToken)
    ? undefined
    : 'the bot token must be 10 to 512 visible ASCII characters, as Discord shows it'
}

/** What an `Authorization` header takes. The form inside is Discord's to judge. */
function isBotToken(text: string): boolean {
  return /^[\x21-\x7e]{10,512}$/.test(text)
}

/** Text that is safe to print in a terminal. */
function isPlainText(text: string, maxLength: number): boolean {
  return text.trim() !== '' && text.length <= maxLength && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(text)
}
