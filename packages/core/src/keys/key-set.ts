/** Signatures by one of several published keys. @module */
import { type CryptoKey, createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import type { JWKSet } from '../protocol/jwk-set.ts'

/** Keys as jose wants them; a set is never changed, so that each of its keys is imported once. */
const readySets = new WeakMap<JWKSet, JWTVerifyGetKey>()

/** So many keys are tried for one token: work that a stranger may cause. */
const maxTries = 20

/**
 * Verifies with the keys of a set. Where the token does not say which of several keys made it, each of the first twenty
 * that fit may be tried.
 * @throws an error of jose
 */
export async function verifyWithKeySet<T>(
  set: JWKSet,
  verify: (key: CryptoKey | JWTVerifyGetKey) => Promise<T>,
): Promise<T> {
  const ready = readySets.get(set) ?? toReadySet(set)
  readySets.set(set, ready)
  try {
    return await verify(ready)
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    let tries = 0
    for await (const key of error) {
      if ((tries += 1) > maxTries) break
      try {
        return await verify(key)
      } catch (reason) {
        if (!isWrongKey(reason)) throw reason
      }
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}

/** Whether another set of keys might verify what this one did not. */
export function isWrongKey(error: unknown): boolean {
  return error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed
}

function toReadySet({ keys }: JWKSet): JWTVerifyGetKey {
  const set: JSONWebKeySet = { keys: keys.map((key) => definedMembers(key)) }
  return createLocalJWKSet(set)
}

function definedMembers(key: JWKSet['keys'][number]): JSONWebKeySet['keys'][number] {
  const members = Object.entries(key).filter((member): member is [string, string] => typeof member[1] === 'string')
  return { ...Object.fromEntries(members), kty: key.kty }
}
