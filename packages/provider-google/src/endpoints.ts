/** Where Google is. @module */

/** The addresses this package calls. Google publishes them in its [discovery document](https://accounts.google.com/.well-known/openid-configuration). */
export interface GoogleEndpoints {
  /** @see [Sending an authentication request](https://developers.google.com/identity/openid-connect/openid-connect#sendauthrequest) */
  readonly authorization: string
  /** @see [Exchange code](https://developers.google.com/identity/openid-connect/openid-connect#exchangecode) */
  readonly token: string
  /** @see [Revoking a token](https://developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke) */
  readonly revocation: string
  /** @see [Obtaining user profile information](https://developers.google.com/identity/openid-connect/openid-connect#obtaininguserprofileinformation) */
  readonly userinfo: string
  /** @see [Validating an ID token](https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken) */
  readonly jwks: string
}

/** Four hosts, and none of them is the issuer's alone. */
export const defaultEndpoints: GoogleEndpoints = Object.freeze({
  authorization: 'https://accounts.google.com/o/oauth2/v2/auth',
  token: 'https://oauth2.googleapis.com/token',
  revocation: 'https://oauth2.googleapis.com/revoke',
  userinfo: 'https://openidconnect.googleapis.com/v1/userinfo',
  jwks: 'https://www.googleapis.com/oauth2/v3/certs',
})

/**
 * `iss` of Google's authorization responses.
 * @see [Discovery document](https://developers.google.com/identity/openid-connect/reference#discovery_document), [RFC 9207 §2](https://www.rfc-editor.org/rfc/rfc9207#section-2)
 */
export const issuer = 'https://accounts.google.com'

/**
 * `iss` of Google's id_tokens: the issuer, or what Google wrote before the scheme was required.
 * @see [An ID token's payload](https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload)
 */
export const idTokenIssuers: readonly string[] = Object.freeze([issuer, 'accounts.google.com'])
