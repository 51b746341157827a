/** `private_key_jwt`: clients that sign — RFC 7523 §2.2, with the audience rule of its revision. @module */
import { type JWTVerifyOptions, type JWTVerifyResult, jwtVerify } from 'jose'
import { platform } from '#platform'
import { OAuthError } from '../errors.ts'
import { isWrongKey, verifyWithKeySet } from '../keys/key-set.ts'
import { clientAssertionAlgorithms } from '../protocol/authorization-server-metadata.ts'
import type { JWKSet } from '../protocol/jwk-set.ts'
import type { SealedStore } from '../stores/sealed-store.ts'

/** What {@link verifyClientAssertion} needs. */
export interface ClientAssertionOptions {
  /** Names of this server, the issuer first; an assertion is addressed to one of them and to nobody else. */
  readonly audiences: readonly string[]
  readonly store: SealedStore
  readonly now: () => number
  /** The client's keys. `askAgain`: none of the ones given before fits. */
  readonly keys: (askAgain: boolean) => Promise<JWKSet>
}

/** An assertion that lives longer than this, in seconds, would have to be remembered longer than that is worth. */
const maxLifetime = 600
/** Clocks differ, in seconds. */
const tolerance = 30

/**
 * Verifies a client's assertion: its own key, an asymmetric algorithm, us as its only audience, a short life, and
 * never a second time.
 * @throws {OAuthError} `client_authentication`
 * @see [RFC 7523 §3](https://www.rfc-editor.org/rfc/rfc7523#section-3), [draft-ietf-oauth-rfc7523bis §4](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-rfc7523bis-11#section-4)
 */
export async function verifyClientAssertion(
  assertion: string,
  clientId: string,
  options: ClientAssertionOptions,
): Promise<void> {
  const now = options.now()
  const { payload, protectedHeader } = await verifySignature(assertion, clientId, options, now)
  const { aud, exp = 0, iat = 0, jti } = payload
  const audience = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud
  const isForUs = typeof audience === 'string' && options.audiences.includes(audience)
  const isTimely = iat <= now + tolerance && exp <= now + maxLifetime + tolerance
  if (!isForUs || !isTimely || !isClientAssertion(protectedHeader.typ)) throw new OAuthError('client_authentication')
  if (typeof jti !== 'string' || jti === '' || jti.length > 512) throw new OAuthError('client_authentication')
  const key = `assertion:${await platform.sha256(JSON.stringify([options.audiences[0], clientId, jti]))}` as const
  const remaining = Math.max(1, Math.ceil(exp + tolerance - now))
  if (!(await options.store.add(key, '1', remaining))) throw new OAuthError('client_authentication')
}

/** Another explicit type means another kind of JWT, [RFC 8725 §3.12](https://www.rfc-editor.org/rfc/rfc8725#section-3.12). */
function isClientAssertion(type: unknown): boolean {
  if (type === undefined) return true
  return typeof type === 'string' && /^(?:application\/)?(?:jwt|client-authentication\+jwt)$/i.test(type)
}

async function verifySignature(
  assertion: string,
  clientId: string,
  options: ClientAssertionOptions,
  now: number,
): Promise<JWTVerifyResult> {
  const expected: JWTVerifyOptions = {
    algorithms: [...clientAssertionAlgorithms],
    issuer: clientId,
    subject: clientId,
    audience: [...options.audiences],
    requiredClaims: ['exp', 'jti'],
    clockTolerance: tolerance,
    currentDate: new Date(now * 1000),
  }
  const verify = async (set: JWKSet): Promise<JWTVerifyResult> =>
    await verifyWithKeySet(set, async (key) =>
      typeof key === 'function' ? await jwtVerify(assertion, key, expected) : await jwtVerify(assertion, key, expected),
    )
  const known = await options.keys(false)
  try {
    try {
      return await verify(known)
    } catch (error) {
      // The client may have changed its keys.
      const others = isWrongKey(error) ? await options.keys(true) : known
      if (others === known) throw error
      return await verify(others)
    }
  } catch (cause) {
    throw cause instanceof OAuthError ? cause : new OAuthError('client_authentication', { cause })
  }
}
