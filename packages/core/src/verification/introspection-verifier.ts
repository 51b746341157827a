/** Access tokens of any form, judged by the server that issued them — RFC 7662. @module */
import { ConfigurationError, UpstreamError } from '../errors.ts'
import { type Claims, isText, readClientId, readScopes } from '../protocol/access-token.ts'
import { formatBasicCredentials } from '../protocol/client-authentication.ts'
import type { VerifiedToken, VerifierTools } from '../verifier.ts'
import { type IntrospectionRules, judgeIntrospectedToken, readIntrospectionAnswer } from './introspection-answer.ts'
import { createProviderCalls, failureOf, outageOf } from './provider-calls.ts'
import { createRememberingVerifier, type ForgettingVerifierFactory, parseCacheSeconds } from './remembering-verifier.ts'
import { assertSecure, parseIssuers, parseTokenRules, type TokenRulesOptions } from './token-rules.ts'
import { readUsername, sealVerifiedToken } from './verified-token.ts'

/** Options of {@link introspectionVerifier}. */
export interface IntrospectionVerifierOptions extends TokenRulesOptions {
  /** The issuer, as in `iss` where the answer names one: compared exactly. Several names of one server are possible. */
  readonly issuer: string | readonly string[]
  /** The introspection endpoint. Default: `introspection_endpoint` in the metadata of the (first) issuer. */
  readonly endpoint?: string | undefined
  /** Our own client at that server, which may ask about tokens. */
  readonly clientId: string
  readonly clientSecret: string
  /** How the client secret travels, [RFC 6749 §2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1). Default `client_secret_basic`. */
  readonly authMethod?: 'client_secret_basic' | 'client_secret_post' | undefined
  /**
   * For servers that name no `aud`: clients whose tokens are for this resource. A token of another client is refused.
   * Where there is an `aud`, it decides. Default: none, so that a token without `aud` is refused.
   */
  readonly clientIds?: readonly string[] | undefined
  /**
   * Takes active tokens that name no `aud` at all, whichever client they were issued to. Dangerous: a token that a user
   * gave to any other application of the same server then works here, in the user's name. Default: `false`.
   */
  readonly dangerouslyAllowMissingAudience?: boolean | undefined
  /** For so long an answer counts, but never past `exp`, in seconds: from 1 to 60. Default 30. Also how long a revoked token may still pass. */
  readonly cacheSeconds?: number | undefined
  /** Refuses further tokens. @throws {OAuthError} */
  readonly check?: ((claims: Claims, resource: string) => void) | undefined
  /** Reads more out of the answer: roles, a name, the subject of a server that writes it elsewhere. */
  readonly mapClaims?: ((claims: Claims) => Partial<Omit<VerifiedToken, 'expiresAt'>>) | undefined
}

/**
 * Verifies tokens by asking the server that issued them. What that server cannot answer, and a refusal of our own
 * credentials, is a 503 and never a statement about the token.
 * @throws {ConfigurationError}
 * @see [RFC 7662](https://www.rfc-editor.org/rfc/rfc7662)
 * @example
 * const tokens = introspectionVerifier({ issuer: 'https://login.example.com', clientId, clientSecret })
 * await tokens.forget(token) // revoked: the next request asks again
 */
export function introspectionVerifier(options: IntrospectionVerifierOptions): ForgettingVerifierFactory {
  const { issuers, rulesFor, form, headers } = parseOptions(options)
  const cacheSeconds = parseCacheSeconds(options.cacheSeconds)
  const endpointOf = async (tools: VerifierTools): Promise<string> => {
    const endpoint = options.endpoint ?? (await tools.discover(issuers[0])).introspection_endpoint
    if (endpoint === undefined) throw new UpstreamError('protocol')
    return endpoint
  }
  return createRememberingVerifier((tools) => {
    const call = createProviderCalls(tools)
    const introspect = async (token: string): Promise<Claims> => {
      try {
        const body = new URLSearchParams({ ...form, token, token_type_hint: 'access_token' }).toString()
        const response = await call(await endpointOf(tools), { method: 'POST', headers, body })
        if (response.status !== 200) throw failureOf(response)
        return readIntrospectionAnswer(response.body)
      } catch (error) {
        throw outageOf(error)
      }
    }
    return async (token, { resource }) => {
      const claims = await introspect(token)
      const exp = judgeIntrospectedToken(claims, rulesFor(resource), tools.now())
      options.check?.(claims, resource)
      const until = Math.min(exp, tools.now() + cacheSeconds)
      const expiresAt = exp === Number.POSITIVE_INFINITY ? until : exp
      const { iss = issuers[0], sub = '' } = claims
      const verified = sealVerifiedToken({
        issuer: String(iss),
        subject: isText(sub) ? sub : '',
        expiresAt,
        clientId: readClientId(claims) ?? '',
        scopes: readScopes(claims),
        claims,
        ...readUsername(claims),
        ...options.mapClaims?.(claims),
      })
      return { value: verified, until }
    }
  })
}

interface ParsedOptions {
  readonly issuers: readonly [string, ...string[]]
  readonly rulesFor: (resource: string) => IntrospectionRules
  /** Parameters and headers of every request. */
  readonly form: Record<string, string>
  readonly headers: Record<string, string>
}

/** @throws {ConfigurationError} */
function parseOptions(options: IntrospectionVerifierOptions): ParsedOptions {
  const { clientId, clientSecret, clientIds = [], dangerouslyAllowMissingAudience = false } = options
  const issuers = parseIssuers(options.issuer)
  assertSecure('endpoint', options.endpoint)
  if (!isText(clientId)) throw new ConfigurationError('clientId', 'must be the id of your client at the issuer')
  if (!isText(clientSecret)) throw new ConfigurationError('clientSecret', 'must be the secret of your client')
  if (!clientIds.every(isText)) throw new ConfigurationError('clientIds', 'must hold ids of clients')
  const common = parseTokenRules(options)
  const isForUs = (client: string | undefined): boolean =>
    dangerouslyAllowMissingAudience === true || (client !== undefined && clientIds.includes(client))
  const isPost = options.authMethod === 'client_secret_post'
  return {
    issuers,
    rulesFor: (resource) => ({ ...common(resource), issuers, isForUs }),
    form: isPost ? { client_id: clientId, client_secret: clientSecret } : {},
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      ...(isPost ? {} : { authorization: formatBasicCredentials(clientId, clientSecret) }),
    },
  }
}
