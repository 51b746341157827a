/** The key ring in use, and how to replace it. @module */
import type { JWK } from 'jose'
import { platform } from '#platform'
import { ConfigurationError } from '../errors.ts'
import { createKeyRing, type KeyRing } from './key-ring.ts'
import { parseRootSecrets } from './root-secret.ts'
import { assertSigningKeys } from './signing-keys.ts'

/** A key ring that can be rotated while serving. */
export interface ReplaceableKeys {
  readonly keys: () => Promise<KeyRing>
  readonly replace: (secret: string | readonly string[]) => Promise<void>
}

/** What {@link createReplaceableKeys} needs. */
export interface KeyOptions {
  readonly secret: string | readonly string[] | undefined
  readonly signingKeys: readonly JWK[] | undefined
  /** Whether records outlive the process, which a random secret does not. */
  readonly isStored: boolean
  /** Told that nothing will outlive the process. */
  readonly warn: (message: string) => void
}

/**
 * The key ring of the options, derived at first use.
 * @throws {ConfigurationError} `secret`, `signingKeys`
 */
export function createReplaceableKeys({ secret, signingKeys = [], isStored, warn }: KeyOptions): ReplaceableKeys {
  assertSigningKeys(signingKeys)
  if (secret === undefined && isStored) {
    throw new ConfigurationError(
      'secret',
      'is required with a store of your own: what a random secret sealed cannot be opened after a restart',
    )
  }
  if (secret === undefined) warn('no secret is set: everybody has to sign in again after a restart')
  const secrets = secret === undefined ? ([platform.randomBytes(32)] as const) : parseRootSecrets(secret)
  let ring: Promise<KeyRing> | undefined
  return {
    keys: async () => await (ring ??= createKeyRing(secrets, signingKeys)),
    async replace(next) {
      const replacement = await createKeyRing(parseRootSecrets(next), signingKeys)
      ring = Promise.resolve(replacement)
    },
  }
}
