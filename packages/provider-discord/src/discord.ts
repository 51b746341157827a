/** Discord as the identity provider of an OAuth proxy. @module */
import type { FixedProvider } from '@mcp-auth/core'
import { buildDiscordEndpoints, issuer } from './endpoints.ts'
import { classifyDiscordError } from './errors.ts'
import { identifyDiscordUser } from './identity.ts'
import { type DiscordOptions, parseDiscordOptions } from './options.ts'
import { scopeDescriptions } from './scopes.ts'

/**
 * Signs users in with Discord.
 * @throws {ConfigurationError} for options that cannot work
 * @see [Authorization code grant](https://docs.discord.com/developers/topics/oauth2#authorization-code-grant)
 * @example
 * const provider = discord({ clientId, clientSecret, scopes: ['identify', 'guilds'] })
 */
export function discord(options: DiscordOptions): FixedProvider {
  const { clientId, clientSecret, prompt, requireIssuer, apiUrl, authorizeUrl, userAgent, ...rest } =
    parseDiscordOptions(options)
  const endpoints = buildDiscordEndpoints(apiUrl)
  const provider: FixedProvider = {
    name: 'discord',
    displayName: 'Discord',
    clientId,
    clientSecret,
    // Discord takes both. The header is what RFC 6749 §2.3.1 recommends, and headers of this name are what
    // proxies and loggers know to leave out, unlike form bodies.
    tokenEndpointAuthMethod: 'client_secret_basic',
    authorizationEndpoint: authorizeUrl,
    tokenEndpoint: endpoints.token,
    revocationEndpoint: endpoints.revocation,
    // "When any valid access or refresh token is revoked, all of your application's access and refresh tokens
    // for that user are immediately invalidated" (Discord's page on account linking).
    revocationIsUserWide: true,
    issuer,
    requireIssuer,
    scopes: rest.scopes,
    supportedScopes: rest.supportedScopes,
    identityScopes: Object.freeze(['identify']),
    scopeDescriptions,
    ...(prompt === undefined ? {} : { authorizationParameters: Object.freeze({ prompt }) }),
    headers: Object.freeze({ 'User-Agent': userAgent }),
    identify: (tokens, api) => identifyDiscordUser(clientId, endpoints, tokens, api),
    classifyError: classifyDiscordError,
  }
  return Object.freeze(provider)
}
