/** `private_key_jwt`: clients that sign — RFC 7523 §2.2, with the audience rule of its revision. @module */
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose'
import { platform } from '#platform'
import { OAuthError } from '../errors.ts'
import { clientAssertionAlgorithms } from '../protocol/authorization-server-metadata.ts'
import type { JWKSet } from '../protocol/jwk-set.ts'
import type { SealedStore } from '../stores/sealed-store.ts'

/** What {@link verifyClientAssertion} needs. */
export interface ClientAssertionOptions {
  readonly issuer: string
  readonly store: SealedStore
  readonly now: () => number
  /** The client's keys; asked for fresh ones once, when none of them fits. */
  readonly keys: (fresh: boolean) => Promise<JWKSet>
}

/** An assertion that lives longer than this, in seconds, would have to be remembered longer than that is worth. */
const maxLifetime = 600
/** Clocks differ, in seconds. */
const tolerance = 30

/**
 * Verifies a client's assertion: its own key, an asymmetric algorithm, us as its only audience, a short life, and
 * never a second time.
 * @throws {OAuthError} `client_authentication`
 */
export async function verifyClientAssertion(
  assertion: string,
  clientId: string,
  options: ClientAssertionOptions,
): Promise<void> {
  const claims = await verifySignature(assertion, clientId, options)
  const { aud, exp = 0, jti } = claims
  const isForUs = aud === options.issuer || (Array.isArray(aud) && aud.length === 1 && aud[0] === options.issuer)
  const isShort = exp <= options.now() + maxLifetime + tolerance
  if (!isForUs || !isShort || typeof jti !== 'string' || jti.length > 512) throw new OAuthError('client_authentication')
  const key = `assertion:${await platform.sha256(JSON.stringify([options.issuer, clientId, jti]))}` as const
  const remaining = Math.max(1, exp + tolerance - options.now())
  if (!(await options.store.add(key, '1', remaining))) throw new OAuthError('client_authentication')
}

async function verifySignature(
  assertion: string,
  clientId: string,
  options: ClientAssertionOptions,
): Promise<JWTPayload> {
  const verify = async (fresh: boolean): Promise<JWTPayload> => {
    const { keys } = await options.keys(fresh)
    const set: JSONWebKeySet = { keys: keys.map((key) => definedMembers(key)) }
    const { payload } = await jwtVerify(assertion, createLocalJWKSet(set), {
      algorithms: [...clientAssertionAlgorithms],
      issuer: clientId,
      subject: clientId,
      audience: options.issuer,
      requiredClaims: ['exp', 'jti'],
      clockTolerance: tolerance,
      currentDate: new Date(options.now() * 1000),
    })
    return payload
  }
  try {
    return await verify(false).catch(async (error: unknown) => {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed)
        return await verify(true)
      throw error
    })
  } catch (cause) {
    if (cause instanceof OAuthError) throw cause
    throw new OAuthError('client_authentication', { cause })
  }
}

function definedMembers(key: JWKSet['keys'][number]): JSONWebKeySet['keys'][number] {
  const members = Object.entries(key).filter((member): member is [string, string] => typeof member[1] === 'string')
  return { ...Object.fromEntries(members), kty: key.kty }
}
