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
import { isSecureURL } from '../protocol/uri.ts'
import type { RemoteKeys, TokenVerifierFactory, VerifiedToken, VerifierTools } from '../verifier.ts'
import { createTokenCache, type Kept } from './token-cache.ts'

/** Options of {@link jwtVerifier}. */
export interface JWTVerifierOptions {
  /** The issuer, as in `iss`: compared exactly. Several: tokens of each are taken. */
  readonly issuer: string | readonly string[]
  /** In place of the exact comparison, where an IdP has an issuer for each tenant. Must be exact itself. */
  readonly isIssuer?: ((issuer: string, claims: Claims) => boolean) | undefined
  /** Where the keys are. Default: `jwks_uri` in the metadata of the (first) issuer. */
  readonly jwksURI?: string | undefined
  /** `aud` must hold one of these. Default: the URL of the protected resource, which is what keeps servers apart. */
  readonly audience?: string | readonly string[] | undefined
  /** What `aud` may hold besides. Default: nothing. */
  readonly toleratedAudiences?: readonly string[] | ((audience: string, claims: Claims) => boolean) | undefined
  /** JWS algorithms; asymmetric ones only. Default: {@link defaultAlgorithms}. */
  readonly algorithms?: readonly string[] | undefined
  /** Values of the header `typ`, `undefined` for an absent one. Default: `at+jwt`, `JWT` and none, since many IdPs write no better. */
  readonly types?: readonly (string | undefined)[] | undefined
  /** For so long after `exp` a token still counts, because clocks differ, in seconds. Default 5. */
  readonly expiryToleranceSeconds?: number | undefined
  /** For so long before `nbf` and `iat`, in seconds. Default 30. */
  readonly futureToleranceSeconds?: number | undefined
  /** Refuses further tokens. @throws {OAuthError} */
  readonly check?: ((claims: Claims, resource: string) => void) | undefined
  /** Reads more out of the claims: roles, a name, scopes in another form. */
  readonly mapClaims?: ((claims: Claims) => Partial<Omit<VerifiedToken, 'claims' | 'expiresAt'>>) | undefined
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

/** Longer tokens are refused unread. */
const maxTokenLength = 16_384

interface RememberedToken {
  readonly verified: VerifiedToken
  readonly keys: RemoteKeys
  readonly kid: string | undefined
}

/**
 * Verifies JWTs by their issuer's keys: exact issuer, exact audience, one of the algorithms, a type that access tokens
 * have, `exp` and `iat`. Nothing in the token decides which key verifies it, but the `kid` of a published one.
 * @throws {ConfigurationError}
 * @see [RFC 9068 §4](https://www.rfc-editor.org/rfc/rfc9068#section-4), [RFC 8725](https://www.rfc-editor.org/rfc/rfc8725)
 */
export function jwtVerifier(options: JWTVerifierOptions): TokenVerifierFactory {
  const { issuers, rulesFor, algorithms } = parseOptions(options)
  return (tools) => {
    const cache = createTokenCache<RememberedToken>(tools.now)
    const verify = async (token: string, resource: string): Promise<RememberedToken> => {
      const keys = tools.keys(options.jwksURI ?? (await discoverKeys(issuers[0], tools)))
      const { header, payload } = await keys.verify(token, algorithms)
      const judged = judgeAccessToken(header, payload, rulesFor(resource), tools.now())
      options.check?.(payload, resource)
      const kid = typeof header['kid'] === 'string' ? header['kid'] : undefined
      return { verified: { ...toVerifiedToken(judged, payload), ...options.mapClaims?.(payload) }, keys, kid }
    }
    return {
      async verify(token, { resource }) {
        // What is not even three parts in base64url is not worth a key.
        if (token.length > maxTokenLength || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) {
          throw new OAuthError('token_invalid')
        }
        const work = async (): Promise<Kept<RememberedToken>> => {
          const value = await verify(token, resource)
          return { value, until: value.verified.expiresAt + rulesFor(resource).expiryToleranceSeconds }
        }
        const { verified } = await cache.get(token, resource, work, ({ keys, kid }) => keys.has(kid))
        return verified
      },
    }
  }
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
  const username = ['preferred_username', 'name', 'email']
    .map((name) => claims[name])
    .find((name) => typeof name === 'string')
  return { issuer, subject, expiresAt, clientId, scopes: readScopes(claims), claims, ...(username ? { username } : {}) }
}

interface ParsedOptions {
  readonly issuers: readonly [string, ...string[]]
  readonly algorithms: readonly string[]
  readonly rulesFor: (resource: string) => AccessTokenRules
}

/** @throws {ConfigurationError} */
function parseOptions(options: JWTVerifierOptions): ParsedOptions {
  const { toleratedAudiences = [], algorithms = defaultAlgorithms, types = [undefined, 'at+jwt', 'jwt'] } = options
  const [issuer, ...more] = [options.issuer].flat()
  if (issuer === undefined) throw new ConfigurationError('issuer', 'must name at least one issuer')
  const issuers: readonly [string, ...string[]] = [issuer, ...more]
  for (const one of issuers) assertIssuer(one)
  if (options.jwksURI !== undefined && !isSecure(options.jwksURI)) {
    throw new ConfigurationError('jwksURI', 'must be https, or http on a loopback host')
  }
  const odd = algorithms.find((algorithm) => !defaultAlgorithms.includes(algorithm))
  if (odd !== undefined || algorithms.length === 0) {
    throw new ConfigurationError('algorithms', `must be some of ${defaultAlgorithms.join(', ')}`)
  }
  const { audience } = options
  const audiences = audience === undefined ? undefined : [audience].flat()
  if (audiences?.length === 0 || audiences?.includes('')) throw new ConfigurationError('audience', 'must not be empty')
  const tolerance = {
    expiryToleranceSeconds: tolerated('expiryToleranceSeconds', options.expiryToleranceSeconds ?? 5),
    futureToleranceSeconds: tolerated('futureToleranceSeconds', options.futureToleranceSeconds ?? 30),
  }
  const isTolerated =
    typeof toleratedAudiences === 'function'
      ? toleratedAudiences
      : (audienceOfToken: string): boolean => toleratedAudiences.includes(audienceOfToken)
  const isIssuer = options.isIssuer ?? ((iss: string): boolean => issuers.includes(iss))
  const lowerTypes = types.map((type) => type?.toLowerCase())
  return {
    issuers,
    algorithms,
    rulesFor: (resource) => ({
      ...tolerance,
      audiences: audiences ?? [resource],
      isTolerated,
      isIssuer,
      types: lowerTypes,
    }),
  }
}

/** @throws {ConfigurationError} */
export function assertIssuer(issuer: string, option = 'issuer'): void {
  if (isSecure(issuer) && !/[?#]/.test(issuer)) return
  throw new ConfigurationError(
    option,
    'must be the issuer as the provider writes it: https (http on a loopback host), without query and fragment',
  )
}

function isSecure(url: string): boolean {
  return URL.canParse(url) && isSecureURL(new URL(url))
}

function tolerated(option: string, seconds: number): number {
  if (seconds >= 0 && seconds <= 300) return seconds
  throw new ConfigurationError(option, 'must be from 0 to 300 seconds')
}
