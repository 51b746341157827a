/** Bodies of Discord's answers. Shapes and codes are Discord's; ids, names and tokens are made up. @module */

/** A user of the fake: the members Discord sends, and the servers the user is in. */
export interface FakeDiscordUser {
  readonly id: string
  readonly username: string
  readonly global_name: string | null
  readonly avatar: string | null
  readonly locale: string
  readonly email: string | null
  readonly verified: boolean
  readonly guilds: readonly FakeDiscordGuild[]
}

/** A server, seen by one of its members. */
export interface FakeDiscordGuild {
  readonly id: string
  readonly name: string
  readonly owner: boolean
  /** Decimal bit set. */
  readonly permissions: string
  readonly nick: string | null
  /** Ids of the member's roles. */
  readonly roles: readonly string[]
  /** End of a time-out, as Discord writes times. Default: none. */
  readonly communication_disabled_until?: string | null
}

/** Two users to start from. */
export const fakeUsers: { readonly nelly: FakeDiscordUser; readonly wumpus: FakeDiscordUser } = {
  nelly: {
    id: '80351110224678912',
    username: 'nelly',
    global_name: 'Nelly',
    avatar: '8342729096ea3675442027381ff50dfe',
    locale: 'en-US',
    email: 'nelly@example.com',
    verified: true,
    guilds: [
      {
        id: '197038439483310086',
        name: 'Discord Testers',
        owner: false,
        permissions: '36953089',
        nick: 'Nel',
        roles: ['197038439483310087'],
      },
      {
        id: '41771983423143937',
        name: 'Garden Club',
        owner: true,
        permissions: '562949953421311',
        nick: null,
        roles: [],
      },
    ],
  },
  wumpus: {
    id: '53908232506183680',
    username: 'wumpus',
    global_name: null,
    avatar: null,
    locale: 'de',
    email: null,
    verified: false,
    guilds: [],
  },
}

/** The public part of a user, as other users see it. */
export function publicUserBody(user: FakeDiscordUser): Readonly<Record<string, unknown>> {
  return {
    id: user.id,
    username: user.username,
    avatar: user.avatar,
    discriminator: '0',
    public_flags: 64,
    flags: 64,
    global_name: user.global_name,
    banner: null,
    accent_color: null,
    avatar_decoration_data: null,
    collectibles: null,
    primary_guild: null,
  }
}

/** [Get Current User](https://docs.discord.com/developers/resources/user#get-current-user): the address only with scope `email`. */
export function currentUserBody(user: FakeDiscordUser, scopes: readonly string[]): Readonly<Record<string, unknown>> {
  return {
    ...publicUserBody(user),
    mfa_enabled: true,
    locale: user.locale,
    premium_type: 0,
    ...(scopes.includes('email') ? { email: user.email, verified: user.verified } : {}),
  }
}

/** [Get Current Authorization Information](https://docs.discord.com/developers/topics/oauth2#get-current-authorization-information). */
export function currentAuthorizationBody(grant: {
  readonly applicationId: string
  readonly scopes: readonly string[]
  /** Seconds since the epoch. */
  readonly expiresAt: number
  readonly user: FakeDiscordUser
}): Readonly<Record<string, unknown>> {
  return {
    application: {
      id: grant.applicationId,
      name: 'MCP demo',
      icon: null,
      description: '',
      type: null,
      hook: true,
      bot_public: true,
      bot_require_code_grant: false,
      verify_key: 'c8cde6a3c8c6e49d86af3191287b3ce255872be1fff6dc285bdb420c06a2c3c8',
      flags: 0,
      flags_new: '0',
    },
    // Discord writes microseconds and an offset.
    expires: new Date(grant.expiresAt * 1000).toISOString().replace('Z', '000+00:00'),
    scopes: grant.scopes,
    ...(grant.scopes.includes('identify') ? { user: publicUserBody(grant.user) } : {}),
  }
}

/** One entry of [Get Current User Guilds](https://docs.discord.com/developers/resources/user#get-current-user-guilds). */
export function guildBody(guild: FakeDiscordGuild): Readonly<Record<string, unknown>> {
  const { id, name, owner, permissions } = guild
  return { id, name, icon: null, banner: null, owner, permissions, features: ['COMMUNITY'] }
}

/** [Get Current User Guild Member](https://docs.discord.com/developers/resources/user#get-current-user-guild-member). */
export function memberBody(user: FakeDiscordUser, guild: FakeDiscordGuild): Readonly<Record<string, unknown>> {
  return {
    avatar: null,
    banner: null,
    communication_disabled_until: guild.communication_disabled_until ?? null,
    flags: 0,
    joined_at: '2026-01-02T03:04:05.678000+00:00',
    nick: guild.nick,
    pending: false,
    premium_since: null,
    roles: guild.roles,
    user: publicUserBody(user),
    mute: false,
    deaf: false,
    permissions: guild.permissions,
  }
}

/** Answer of the token endpoint, [RFC 6749 §5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1). */
export interface FakeDiscordTokens {
  readonly access_token: string
  readonly token_type: 'Bearer'
  readonly expires_in: number
  readonly refresh_token: string
  readonly scope: string
}

/** Discord's metadata, [RFC 8414 §2](https://www.rfc-editor.org/rfc/rfc8414#section-2): neither registration nor scopes. */
export function authorizationServerMetadataBody(origin: string): Readonly<Record<string, unknown>> {
  const authenticationMethods = ['client_secret_basic', 'client_secret_post', 'none']
  return {
    issuer: 'https://discord.com',
    authorization_endpoint: `${origin}/api/oauth2/authorize`,
    token_endpoint: `${origin}/api/oauth2/token`,
    revocation_endpoint: `${origin}/api/oauth2/token/revoke`,
    jwks_uri: `${origin}/api/oauth2/keys`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    token_endpoint_auth_methods_supported: authenticationMethods,
    revocation_endpoint_auth_methods_supported: authenticationMethods,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
  }
}

/** Discord's [OpenID Connect metadata](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata). */
export function openIdConfigurationBody(origin: string): Readonly<Record<string, unknown>> {
  return {
    issuer: 'https://discord.com',
    authorization_endpoint: `${origin}/api/oauth2/authorize`,
    token_endpoint: `${origin}/api/oauth2/token`,
    userinfo_endpoint: `${origin}/api/oauth2/userinfo`,
    jwks_uri: `${origin}/api/oauth2/keys`,
    response_types_supported: ['code', 'token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  }
}
