/** API keys of this server's own: for jobs and scripts that cannot sign in, and for development. @module */
import { platform } from '#platform'
import { OAuthError } from '../errors.ts'
import type { RequestHead } from '../handlers/request-head.ts'
import { apiKeySubjectPrefix } from '../protocol/access-token.ts'
import { parseBearerToken } from '../protocol/bearer.ts'
import type { VerifiedToken } from '../verifier.ts'
import { type APIKey, type ParsedKey, parseAPIKeys, parseHeader, parsePrefix } from './api-key.ts'

/** Options of {@link apiKeys}. */
export interface APIKeysOptions {
  /** The keys that count, or a function that gives them, asked for each request with a key: keys end when they are not there any more. */
  readonly keys: readonly APIKey[] | (() => readonly APIKey[] | Promise<readonly APIKey[]>)
  /** The header that holds the key, such as `x-api-key`. Default: `Authorization: Bearer …`, which every MCP client can send. */
  readonly header?: string | undefined
  /**
   * What all of the keys begin with, such as `acme_`: then a key that is not known is refused at once, and everything
   * else is left to the access token. Default: nothing.
   */
  readonly prefix?: string | undefined
}

/** Longer ones are no keys. */
const maxKeyLength = 512

/**
 * Makes the `authenticate` hook that knows callers by a key: `createRemoteOAuth({ …, authenticate: apiKeys({ keys }) })`.
 * A caller's subject is `key:` and the subject of the key, so that it is never a user's.
 * @throws {ConfigurationError} for keys that cannot work; from the hook, when a function gave them
 * @example
 * const authenticate = apiKeys({ keys: [{ subject: 'nightly-job', hash: process.env['JOB_KEY_HASH'], scopes: ['read'] }] })
 */
export function apiKeys(options: APIKeysOptions): (request: RequestHead) => Promise<VerifiedToken | undefined> {
  const { keys } = options
  const header = parseHeader(options.header)
  const prefix = parsePrefix(options.prefix)
  const isOwnHeader = header !== 'authorization'
  const readKeys = createKeyReader(keys, prefix)
  return async ({ headers }) => {
    const value = readValue(headers.get(header), isOwnHeader)
    if (value === undefined || !value.startsWith(prefix)) return undefined
    const found = value.length > maxKeyLength ? undefined : await findKey(value, await readKeys())
    if (found) return toVerifiedToken(found)
    // Without a prefix a Bearer token may as well be an access token; a header of our own holds nothing else.
    if (prefix === '' && !isOwnHeader) return undefined
    throw new OAuthError('token_invalid')
  }
}

/**
 * The hash of a key, as {@link APIKey} takes it: SHA-256 in hexadecimal. A key is random, so that nothing slower is needed.
 * The same in a shell: `printf %s "$KEY" | sha256sum`
 * @example
 * const key = `acme_${crypto.randomUUID()}${crypto.randomUUID()}`
 * const hash = await hashAPIKey(key)
 */
export async function hashAPIKey(key: string): Promise<string> {
  const digest = platform.fromBase64url(await platform.sha256(key)) ?? new Uint8Array()
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function readValue(value: string | null, isOwnHeader: boolean): string | undefined {
  if (isOwnHeader) return value?.trim() || undefined
  const credentials = parseBearerToken(value)
  return credentials.kind === 'token' ? credentials.token : undefined
}

/** Looks at every key, however early one fits: how long it takes tells nothing. */
async function findKey(value: string, keys: readonly ParsedKey[]): Promise<ParsedKey | undefined> {
  const hash = await hashAPIKey(value)
  return keys.filter((key) => platform.equal(key.hash, hash))[0]
}

function toVerifiedToken({ key }: ParsedKey): VerifiedToken {
  const { subject, clientId = '', scopes = [], roles, username, expiresAt = Number.MAX_SAFE_INTEGER } = key
  return {
    subject: `${apiKeySubjectPrefix}${subject}`,
    clientId,
    scopes,
    expiresAt,
    claims: {},
    ...(roles === undefined ? {} : { roles }),
    ...(username === undefined ? {} : { username }),
  }
}

function createKeyReader(keys: APIKeysOptions['keys'], prefix: string): () => Promise<readonly ParsedKey[]> {
  if (typeof keys !== 'function') {
    const parsed = parseAPIKeys(keys, prefix, hashAPIKey)
    return async () => await parsed
  }
  return async () => {
    let list: readonly APIKey[]
    try {
      list = await keys()
    } catch (cause) {
      throw cause instanceof OAuthError ? cause : new OAuthError('store_unavailable', { cause })
    }
    return await parseAPIKeys(list, prefix, hashAPIKey)
  }
}
