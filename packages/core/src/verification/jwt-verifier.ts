/** JWT access tokens, verified with the published keys of who issued them. @module */
import { ConfigurationError, OAuthError, UpstreamError } from '../errors.ts'
import {
  type AccessTokenRules,
  type Claims,
  type JudgedAccessToken,
  judgeAccessToken,
  readClientId,
  readScopes,
} from '../protocol/access-token.ts'
import type { RemoteKeys, TokenVerifierFactory, VerifiedToken, VerifierTools } from '../verifier.ts'
import { createTokenCache, type Kept } from './token-cache.ts'
import { assertSecure, parseIssuers, parseTokenRules, type TokenRulesOptions } from './token-rules.ts'
import { maxTokenLength, readUnverifiedToken, type UnverifiedToken } from './unverified-token.ts'
import { readUsername, sealVerifiedToken } from './verified-token.ts'

/** Options of {@link jwtVerifier}. */
export interface JWTVerifierOptions extends TokenRulesOptions {
  /**
   * The issuer, as in `iss`: compared exactly. Several names of one issuer, with the same keys: tokens of each are taken.
   * For issuers that have nothing to do with each other use `verifierByIssuer`.
   */
  readonly issuer: string | readonly string[]
  /** In place of the exact comparison, where an IdP has an issuer for each tenant. Must be exact itself. */
  readonly isIssuer?: ((issuer: string, claims: Claims) => boolean) | undefined
  /** Where the keys are. Default: `jwks_uri` in the metadata of the (first) issuer. */
  readonly jwksURI?: string | undefined
  /** JWS algorithms; asymmetric ones only. Default: {@link defaultAlgorithms}. */
  readonly algorithms?: readonly string[] | undefined
  /** Values of the header `typ`, `undefined` for an absent one. Default: `at+jwt`, `JWT` and none, since many IdPs write no better. */
  readonly types?: readonly (string | undefined)[] | undefined
  /** Refuses further tokens. @throws {OAuthError} */
  readonly check?: ((claims: Claims, resource: string) => void) | undefined
  /** Reads more out of the claims: roles, a name, scopes in another form, or the claims themselves in a better one. */
  readonly mapClaims?: ((claims: Claims) => Partial<Omit<VerifiedToken, 'expiresAt'>>) | undefined
}

/** What IdPs sign with: asymmetric algorithms only. */
export const defaultAlgorithms: readonly string[] = Object.freeze([
  'RS256',
  'PS256',
  'ES256',
  'EdDSA',
  'Ed25519',
  'RS384',
  'RS512',
  'PS384',
  'PS512',
  'ES384',
  'ES512',
])

interface RememberedToken {
  readonly verified: VerifiedToken
  readonly keys: RemoteKeys
  readonly kid: string | undefined
}

/**
 * Verifies JWTs by their issuer's keys: exact issuer, exact audience, one of the algorithms, a type that access tokens
 * have, `exp` and `iat`. Nothing in the token decides which key verifies it, but the `kid` of a published one. What no
 * key could make good is refused before any key is asked for.
 * @throws {ConfigurationError}
 * @see [RFC 9068 §4](https://www.rfc-editor.org/rfc/rfc9068#section-4), [RFC 8725](https://www.rfc-editor.org/rfc/rfc8725)
 */
export function jwtVerifier(options: JWTVerifierOptions): TokenVerifierFactory {
  const { issuers, rulesFor, algorithms } = parseOptions(options)
  return (tools) => {
    const cache = createTokenCache<RememberedToken>(tools.now)
    const verify = async (token: string, resource: string): Promise<RememberedToken> => {
      const { rules, firstLook } = rulesFor(resource)
      const unverified = readUnverifiedToken(token)
      if (!unverified || !isPlain(unverified, algorithms)) throw new OAuthError('token_invalid')
      judgeAccessToken(unverified.header, unverified.payload, firstLook, tools.now())
      const keys = tools.keys(options.jwksURI ?? (await discoverKeys(issuers[0], tools)))
      const { header, payload } = await keys.verify(token, algorithms)
      const judged = judgeAccessToken(header, payload, rules, tools.now())
      options.check?.(payload, resource)
      const kid = typeof header['kid'] === 'string' ? header['kid'] : undefined
      const verified = sealVerifiedToken({ ...toVerifiedToken(judged, payload), ...options.mapClaims?.(payload) })
      return { verified, keys, kid }
    }
    return {
      async verify(token, { resource }) {
        if (token.length > maxTokenLength) throw new OAuthError('token_invalid')
        const work = async (): Promise<Kept<RememberedToken>> => {
          const value = await verify(token, resource)
          return { value, until: value.verified.expiresAt + rulesFor(resource).rules.expiryToleranceSeconds }
        }
        const { verified } = await cache.get(token, resource, work, ({ keys, kid }) => keys.has(kid))
        return verified
      },
    }
  }
}

/** Extensions change what a signature means: we know none, [RFC 7515 §4.1.11](https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11). */
function isPlain({ header }: UnverifiedToken, algorithms: readonly string[]): boolean {
  const { alg, crit, b64 } = header
  return typeof alg === 'string' && algorithms.includes(alg) && crit === undefined && b64 === undefined
}

async function discoverKeys(issuer: string, tools: VerifierTools): Promise<string> {
  try {
    const { jwks_uri } = await tools.discover(issuer)
    if (jwks_uri === undefined) throw new UpstreamError('protocol')
    return jwks_uri
  } catch (cause) {
    // A document of another issuer is our own trouble as well: it says nothing about a token.
    throw new OAuthError('upstream_unavailable', { cause })
  }
}

function toVerifiedToken({ issuer, subject, expiresAt }: JudgedAccessToken, claims: Claims): VerifiedToken {
  const clientId = readClientId(claims) ?? ''
  return { issuer, subject, expiresAt, clientId, scopes: readScopes(claims), claims, ...readUsername(claims) }
}

interface Rules {
  readonly rules: AccessTokenRules
  /** The same as far as they are ours: what the operator judges with gets no claims that nobody signed. */
  readonly firstLook: AccessTokenRules
}

interface ParsedOptions {
  readonly issuers: readonly [string, ...string[]]
  readonly algorithms: readonly string[]
  readonly rulesFor: (resource: string) => Rules
}

/** @throws {ConfigurationError} */
function parseOptions(options: JWTVerifierOptions): ParsedOptions {
  const { algorithms = defaultAlgorithms, types = [undefined, 'at+jwt', 'jwt'] } = options
  const issuers = parseIssuers(options.issuer)
  assertSecure('jwksURI', options.jwksURI)
  const odd = algorithms.find((algorithm) => !defaultAlgorithms.includes(algorithm))
  if (odd !== undefined || algorithms.length === 0) {
    throw new ConfigurationError('algorithms', `must be some of ${defaultAlgorithms.join(', ')}`)
  }
  const common = parseTokenRules(options)
  const lowerTypes = types.map((type) => type?.toLowerCase().replace(/^application\//, ''))
  const isOneOfThem = (iss: string): boolean => issuers.includes(iss)
  const rulesFor = (resource: string): Rules => {
    const rules = { ...common(resource), isIssuer: options.isIssuer ?? isOneOfThem, types: lowerTypes }
    return {
      rules,
      firstLook: {
        ...rules,
        isIssuer: options.isIssuer ? anything : isOneOfThem,
        isTolerated: typeof options.toleratedAudiences === 'function' ? anything : rules.isTolerated,
      },
    }
  }
  return { issuers, algorithms, rulesFor }
}

function anything(): boolean {
  return true
}
