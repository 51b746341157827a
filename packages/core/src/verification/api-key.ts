/** One API key, as an operator writes it down. @module */
import { ConfigurationError } from '../errors.ts'
import { isText } from '../protocol/access-token.ts'
import { isScopeToken } from '../protocol/scope.ts'

/** A key, and who calls with it. */
export interface APIKey {
  /** Who calls: a short stable name. Sessions have it behind `key:`. */
  readonly subject: string
  /** The hash of the key: see {@link hashAPIKey}. */
  readonly hash?: string | undefined
  /** The key itself, in place of its hash: for development, since whoever reads the configuration can use it. */
  readonly dangerouslyPlainKey?: string | undefined
  /** The client it counts as. Default: none. */
  readonly clientId?: string | undefined
  /** Default: none. */
  readonly scopes?: readonly string[] | undefined
  /** Default: what the server's `roles` says about the subject, `key:` included. */
  readonly roles?: readonly string[] | undefined
  /** A name people recognise. */
  readonly username?: string | undefined
  /** Seconds since the epoch. Default: the key does not end. */
  readonly expiresAt?: number | undefined
}

/** A key whose hash is known. */
export interface ParsedKey {
  /** SHA-256 in lower-case hexadecimal. */
  readonly hash: string
  readonly key: APIKey
}

/** Characters that a header takes and {@link parseBearerToken} reads. */
const keyCharacters = /^[\w\-.~+/]+=*$/

/** @throws {ConfigurationError} */
export function parseHeader(header = 'authorization'): string {
  if (/^[a-z\d-]{1,64}$/i.test(header)) return header.toLowerCase()
  throw new ConfigurationError('header', 'must be the name of a header, such as x-api-key')
}

/** @throws {ConfigurationError} */
export function parsePrefix(prefix = ''): string {
  if (prefix === '' || (prefix.length <= 64 && /^[\w\-.~+/]+$/.test(prefix))) return prefix
  throw new ConfigurationError('prefix', 'must be up to 64 characters that a bearer token may have')
}

/**
 * Checks the keys and hashes those in clear. The same checks hold for each; errors never hold a key.
 * @throws {ConfigurationError}
 */
export function parseAPIKeys(
  keys: readonly APIKey[],
  prefix: string,
  hashOf: (key: string) => Promise<string>,
): Promise<readonly ParsedKey[]> {
  for (const key of keys) assertKey(key, prefix)
  return hashKeys(keys, hashOf)
}

async function hashKeys(
  keys: readonly APIKey[],
  hashOf: (key: string) => Promise<string>,
): Promise<readonly ParsedKey[]> {
  const parsed = await Promise.all(
    keys.map(async (key) => ({ key, hash: key.hash?.toLowerCase() ?? (await hashOf(key.dangerouslyPlainKey ?? '')) })),
  )
  return parsed
}

/** @throws {ConfigurationError} */
function assertKey(key: APIKey, prefix: string): void {
  const { subject, hash, dangerouslyPlainKey: plain, scopes = [], expiresAt = 0 } = key
  if (!isText(subject)) throw new ConfigurationError('keys', 'each needs a subject')
  const say = (problem: string): ConfigurationError => new ConfigurationError('keys', `${subject}: ${problem}`)
  if ((hash === undefined) === (plain === undefined)) throw say('give either its hash or dangerouslyPlainKey')
  if (hash !== undefined && !/^[\da-f]{64}$/i.test(hash)) {
    throw say('hash must be SHA-256 in 64 hexadecimal digits: printf %s "$KEY" | sha256sum')
  }
  if (plain !== undefined && !(plain.length <= 512 && keyCharacters.test(plain) && plain.startsWith(prefix))) {
    throw say('dangerouslyPlainKey must begin with the prefix and have only characters of a bearer token')
  }
  if (!scopes.every((scope) => isScopeToken(scope))) throw say('scopes must hold scopes')
  if (!Number.isFinite(expiresAt)) throw say('expiresAt must be in seconds since the epoch')
}
