/** Where Discord is. @module */

/**
 * The API, pinned to version 10: without a version Discord answers as version 6.
 * @see [API versioning](https://docs.discord.com/developers/reference#api-versioning)
 */
export const defaultApiUrl = 'https://discord.com/api/v10'

/**
 * Discord documents this address and publishes another one in its metadata; this is the one it tells people to use.
 * @see [OAuth2 URLs](https://docs.discord.com/developers/topics/oauth2#shared-resources-oauth2-urls)
 */
export const defaultAuthorizeUrl = 'https://discord.com/oauth2/authorize'

/**
 * `iss` of Discord's authorization responses.
 * @see [Discord's metadata](https://discord.com/.well-known/oauth-authorization-server), [RFC 9207 §2](https://www.rfc-editor.org/rfc/rfc9207#section-2)
 */
export const issuer = 'https://discord.com'

/** The addresses this package calls. */
export interface DiscordEndpoints {
  /** @see [Access token exchange](https://docs.discord.com/developers/topics/oauth2#authorization-code-grant-access-token-exchange-example) */
  readonly token: string
  /** @see [Token revocation](https://docs.discord.com/developers/topics/oauth2#authorization-code-grant-token-revocation-example) */
  readonly revocation: string
  /** @see [Get Current Authorization Information](https://docs.discord.com/developers/topics/oauth2#get-current-authorization-information) */
  readonly currentAuthorization: string
  /** @see [Get Current User](https://docs.discord.com/developers/resources/user#get-current-user) */
  readonly currentUser: string
}

/** The endpoints below an API address without a trailing slash. */
export function buildDiscordEndpoints(apiUrl: string): DiscordEndpoints {
  return {
    token: `${apiUrl}/oauth2/token`,
    revocation: `${apiUrl}/oauth2/token/revoke`,
    currentAuthorization: `${apiUrl}/oauth2/@me`,
    currentUser: `${apiUrl}/users/@me`,
  }
}
