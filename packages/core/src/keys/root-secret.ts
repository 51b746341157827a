/** Root secrets: how they are written and how strong they must be. @module */
import { platform } from '#platform'
import { ConfigurationError } from '../errors.ts'

/** Least size of a root secret, in bytes. */
export const minSecretBytes = 32

/**
 * Reads a ring of root secrets, each base64url or hex, the signing one first.
 * @throws {ConfigurationError} naming `option`; the secret itself is never repeated
 */
export function parseRootSecrets(
  secrets: string | readonly string[],
  option = 'secret',
): [Uint8Array<ArrayBuffer>, ...Uint8Array<ArrayBuffer>[]] {
  const list = (typeof secrets === 'string' ? secrets.split(',') : secrets).map((secret) => secret.trim())
  const ring = list.map((secret) => decode(secret, option))
  const [first, ...others] = ring
  if (first === undefined) throw new ConfigurationError(option, 'must hold at least one secret')
  if (new Set(ring.map(platform.toBase64url)).size !== ring.length)
    throw new ConfigurationError(option, 'holds the same secret twice')
  return [first, ...others]
}

function decode(secret: string, option: string): Uint8Array<ArrayBuffer> {
  const isHex = /^(?:[0-9a-f]{2})+$/i.test(secret)
  const bytes = isHex
    ? Uint8Array.from(secret.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
    : platform.fromBase64url(secret.replace(/=+$/, ''))
  if (!bytes || bytes.length < minSecretBytes) {
    throw new ConfigurationError(
      option,
      `must be at least ${minSecretBytes} random bytes written as base64url or hex, for example the output of: openssl rand -hex 32`,
    )
  }
  return bytes
}
