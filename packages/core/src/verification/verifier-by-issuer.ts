/** Several issuers behind one resource. @module */
import { ConfigurationError, OAuthError } from '../errors.ts'
import type { TokenVerifier, TokenVerifierFactory } from '../verifier.ts'
import { assertIssuer } from './token-rules.ts'
import { maxTokenLength, readUnverifiedToken } from './unverified-token.ts'

/** Options of {@link verifierByIssuer}. */
export interface VerifierByIssuerOptions {
  /** For tokens that are no JWTs. Default: they are refused. */
  readonly opaque?: TokenVerifierFactory | undefined
}

/**
 * Chooses the verifier of a JWT by the issuer that it claims; that verifier then verifies everything, the issuer
 * included. A token of an issuer that is not named here is refused, and nobody is asked about it.
 *
 * Two issuers may call different people by the same subject: `session.extra.iss` tells them apart.
 * @throws {ConfigurationError}
 * @example
 * const createVerifier = verifierByIssuer({
 *   'https://login.example.com': jwtVerifier({ issuer: 'https://login.example.com' }),
 *   'https://partner.example': jwtVerifier({ issuer: 'https://partner.example' }),
 * })
 */
export function verifierByIssuer(
  verifiers: Readonly<Record<string, TokenVerifierFactory>>,
  { opaque }: VerifierByIssuerOptions = {},
): TokenVerifierFactory {
  const factories = Object.entries(verifiers)
  if (factories.length === 0) throw new ConfigurationError('verifiers', 'must name at least one issuer')
  for (const [issuer] of factories) assertIssuer(issuer, 'verifiers')
  return (tools) => {
    const byIssuer = new Map(factories.map(([issuer, create]) => [issuer, create(tools)] as const))
    const fallback = opaque?.(tools)
    const choose = (token: string): readonly [TokenVerifier | undefined, string | undefined] => {
      if (token.length > maxTokenLength) return [undefined, undefined]
      const unverified = readUnverifiedToken(token)
      if (!unverified) return [fallback, undefined]
      const { iss } = unverified.payload
      return typeof iss === 'string' ? [byIssuer.get(iss), iss] : [undefined, undefined]
    }
    return {
      async verify(token, target) {
        const [verifier, issuer] = choose(token)
        if (!verifier) throw new OAuthError('token_invalid')
        const verified = await verifier.verify(token, target)
        // A verifier under the wrong name must not speak for that issuer.
        if (issuer !== undefined && (verified.issuer ?? issuer) !== issuer) throw new OAuthError('token_invalid')
        return verified
      },
    }
  }
}
