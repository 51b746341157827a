/** Token requests — RFC 6749 §4.1.3 and §6. @module */
import { OAuthError } from '../errors.ts'
import { type Parameters, parameterValues, requireParameter } from './form.ts'
import { isCodeVerifier } from './pkce.ts'
import { parseScope } from './scope.ts'

/** A token request, by grant type. */
export type TokenRequest =
  | {
      readonly grant_type: 'authorization_code'
      readonly code: string
      readonly code_verifier: string
      /** Compared when sent; OAuth 2.1 clients leave it out. */
      readonly redirect_uri?: string | undefined
      readonly resources: readonly string[]
    }
  | {
      readonly grant_type: 'refresh_token'
      readonly refresh_token: string
      /** Empty when the client asks for what it has. */
      readonly scopes: readonly string[]
      readonly resources: readonly string[]
    }

/**
 * Reads a token request.
 * @throws {OAuthError} `parameter_missing`, `grant_type_unsupported`, `code_verifier_missing`, `code_verifier_mismatch`, `scope_malformed`
 * @see [RFC 6749 §4.1.3](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3)
 */
export function parseTokenRequest(parameters: Parameters): TokenRequest {
  const grantType = requireParameter(parameters, 'grant_type')
  const resources = parameterValues(parameters, 'resource')
  switch (grantType) {
    case 'authorization_code': {
      const code = requireParameter(parameters, 'code')
      const verifier = parameters.get('code_verifier')
      if (verifier === undefined) throw new OAuthError('code_verifier_missing')
      if (!isCodeVerifier(verifier)) throw new OAuthError('code_verifier_mismatch')
      const redirectURI = parameters.get('redirect_uri')
      return { grant_type: grantType, code, code_verifier: verifier, redirect_uri: redirectURI, resources }
    }
    case 'refresh_token': {
      const refreshToken = requireParameter(parameters, 'refresh_token')
      const scopes = parseScope(parameters.get('scope'))
      if (scopes === undefined) throw new OAuthError('scope_malformed')
      return { grant_type: grantType, refresh_token: refreshToken, scopes, resources }
    }
    default:
      throw new OAuthError('grant_type_unsupported')
  }
}
