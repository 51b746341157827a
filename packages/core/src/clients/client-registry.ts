/** Who the clients are: registered by themselves (sealed into their id) or by the operator. @module */
import { platform } from '#platform'
import { ConfigurationError, OAuthError } from '../errors.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { type TokenEndpointAuthMethod, tokenEndpointAuthMethods } from '../protocol/authorization-server-metadata.ts'
import type { ClientCredentials } from '../protocol/client-authentication.ts'
import {
  type ClientMetadata,
  displayName,
  type GrantType,
  type PreRegisteredClient,
} from '../protocol/client-registration.ts'
import { matchesRedirectURI } from '../protocol/redirect-uri.ts'

/** A client that is allowed here, at this moment. */
export interface RegisteredClient {
  readonly client_id: string
  readonly metadata: ClientMetadata
  /** `preregistered`: the operator vouches for it. `dynamic`: everything about it is its own claim. */
  readonly origin: 'dynamic' | 'preregistered'
}

/** The answer to a registration, [RFC 7591 §3.2.1](https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1). */
export interface ClientInformation extends ClientMetadata {
  readonly client_id: string
  readonly client_id_issued_at: number
  readonly client_secret?: string
  readonly client_secret_expires_at?: number
}

/** Finds, registers and authenticates clients. */
export interface ClientRegistry {
  /** `undefined` for an unknown or expired client, and for one that policy no longer allows. */
  find(clientId: string): Promise<RegisteredClient | undefined>
  /** @throws {OAuthError} `client_metadata_too_long` */
  register(metadata: ClientMetadata): Promise<ClientInformation>
  /** @throws {OAuthError} `client_unknown`, `client_authentication` */
  authenticate(credentials: ClientCredentials): Promise<RegisteredClient>
}

/** What {@link createClientRegistry} needs. */
export interface ClientRegistryOptions {
  readonly issuer: string
  readonly keys: () => Promise<KeyRing>
  /** Seconds a dynamic registration is valid. */
  readonly lifetime: number
  readonly now: () => number
  readonly preregistered: readonly PreRegisteredClient[]
  readonly isAllowedRedirectURI: (uri: string) => boolean
}

/** A longer id would not fit into the URLs and headers it travels in. */
const maxClientIdLength = 2048
const dynamicPrefix = 'dcr_'

// What a dynamic client id holds, in short words since the id travels in every request and token.
interface SealedClient {
  readonly t: number
  readonly r: readonly string[]
  readonly m: number
  readonly g?: 1
  readonly n?: string
  readonly u?: string
  readonly a?: 'native' | 'web'
}

/** Creates the registry. @throws {ConfigurationError} for a pre-registered client that cannot work */
export function createClientRegistry(options: ClientRegistryOptions): ClientRegistry {
  const known = new Map(options.preregistered.map((client) => [client.client_id, readPreregistered(client, options)]))
  const associatedData = `client ${options.issuer}`

  const findDynamic = async (clientId: string): Promise<RegisteredClient | undefined> => {
    if (!clientId.startsWith(dynamicPrefix) || clientId.length > maxClientIdLength) return undefined
    const text = await (await options.keys()).open('client-id', clientId.slice(dynamicPrefix.length), associatedData)
    if (text === undefined) return undefined
    const sealed: unknown = JSON.parse(text)
    if (!isSealedClient(sealed)) return undefined
    // Policy may have become stricter since the client registered.
    const redirectURIs = sealed.r.filter(options.isAllowedRedirectURI)
    if (sealed.t + options.lifetime <= options.now() || redirectURIs.length === 0) return undefined
    return { client_id: clientId, origin: 'dynamic', metadata: unpack({ ...sealed, r: redirectURIs }) }
  }
  const find = async (clientId: string): Promise<RegisteredClient | undefined> =>
    known.get(clientId)?.client ?? (await findDynamic(clientId))

  const acceptedSecrets = async (client: RegisteredClient): Promise<readonly string[]> => {
    if (client.origin === 'dynamic') return await (await options.keys()).allMacs('client-secret', client.client_id)
    const secret = known.get(client.client_id)?.secret
    return secret === undefined ? [] : [secret]
  }

  return {
    find,
    async register(metadata) {
      const issuedAt = Math.floor(options.now())
      const keys = await options.keys()
      const sealed = await keys.seal('client-id', JSON.stringify(pack(metadata, issuedAt)), associatedData)
      const clientId = dynamicPrefix + sealed
      if (clientId.length > maxClientIdLength) throw new OAuthError('client_metadata_too_long')
      const isPublic = metadata.token_endpoint_auth_method === 'none'
      return {
        client_id: clientId,
        client_id_issued_at: issuedAt,
        ...(isPublic
          ? {}
          : {
              client_secret: await keys.mac('client-secret', clientId),
              client_secret_expires_at: issuedAt + options.lifetime,
            }),
        ...metadata,
      }
    },
    async authenticate(credentials) {
      const client = await find(credentials.clientId)
      if (!client) throw new OAuthError('client_unknown')
      const isPublic = client.metadata.token_endpoint_auth_method === 'none'
      if (isPublic && credentials.secrets.length === 0) return client
      const accepted = isPublic ? [] : await acceptedSecrets(client)
      // Digests are compared, so neither the length nor the place of a difference shows.
      const digests = await Promise.all(accepted.map(async (secret) => await platform.sha256(secret)))
      const presented = await Promise.all(credentials.secrets.map(async (secret) => await platform.sha256(secret)))
      const matches = digests.flatMap((digest) => presented.map((shown) => platform.equal(digest, shown)))
      if (!matches.includes(true)) throw new OAuthError('client_authentication')
      return client
    },
  }
}

/** The registered redirect URI a request means: it may be left out when there is only one. */
export function registeredRedirectURI(client: RegisteredClient, requested: string | undefined): string | undefined {
  const { redirect_uris: registered } = client.metadata
  if (requested === undefined) return registered.length === 1 ? registered[0] : undefined
  return registered.some((uri) => matchesRedirectURI(requested, uri)) ? requested : undefined
}

function pack(metadata: ClientMetadata, issuedAt: number): SealedClient {
  return {
    t: issuedAt,
    r: metadata.redirect_uris,
    m: tokenEndpointAuthMethods.indexOf(metadata.token_endpoint_auth_method),
    ...(metadata.grant_types.includes('refresh_token') ? { g: 1 } : {}),
    ...(metadata.client_name === undefined ? {} : { n: metadata.client_name }),
    ...(metadata.client_uri === undefined ? {} : { u: metadata.client_uri }),
    ...(metadata.application_type === undefined ? {} : { a: metadata.application_type }),
  }
}

/** We sealed it ourselves: authenticated, so its members are not checked again. */
function isSealedClient(value: unknown): value is SealedClient {
  return typeof value === 'object' && value !== null && 'r' in value
}

function unpack(sealed: SealedClient): ClientMetadata {
  return {
    redirect_uris: sealed.r,
    token_endpoint_auth_method: tokenEndpointAuthMethods[sealed.m] ?? 'client_secret_basic',
    grant_types: sealed.g === 1 ? ['authorization_code', 'refresh_token'] : ['authorization_code'],
    response_types: ['code'],
    ...(sealed.n === undefined ? {} : { client_name: sealed.n }),
    ...(sealed.u === undefined ? {} : { client_uri: sealed.u }),
    ...(sealed.a === undefined ? {} : { application_type: sealed.a }),
  }
}

function readPreregistered(
  given: PreRegisteredClient,
  options: ClientRegistryOptions,
): { client: RegisteredClient; secret: string | undefined } {
  const refuse = (message: string): never => {
    throw new ConfigurationError('clients', `${JSON.stringify(given.client_id)} ${message}`)
  }
  const secret = given.client_secret
  const wanted = given.token_endpoint_auth_method ?? (secret === undefined ? 'none' : 'client_secret_basic')
  const method: TokenEndpointAuthMethod =
    tokenEndpointAuthMethods.find((candidate) => candidate === wanted) ??
    refuse(`has an unknown token_endpoint_auth_method; use one of ${tokenEndpointAuthMethods.join(', ')}`)
  if (typeof given.client_id !== 'string' || given.client_id === '') refuse('needs a client_id')
  if (given.client_id.startsWith(dynamicPrefix)) refuse(`must not start with ${dynamicPrefix}`)
  if (given.redirect_uris.length === 0) refuse('needs at least one redirect URI')
  const odd = given.redirect_uris.find((uri) => !options.isAllowedRedirectURI(uri))
  if (odd !== undefined)
    refuse(
      `has the redirect URI ${JSON.stringify(odd)}, which is neither https, nor loopback http, nor of an allowed scheme`,
    )
  if ((method === 'none') !== (secret === undefined))
    refuse('needs a client_secret exactly when its method is not none')
  if (secret !== undefined && secret.length < 16) refuse('needs a client_secret of at least 16 characters')
  const grantTypes: GrantType[] =
    given.grant_types?.includes('refresh_token') === false
      ? ['authorization_code']
      : ['authorization_code', 'refresh_token']
  const name = displayName(given.client_name)
  const metadata: ClientMetadata = {
    redirect_uris: [...given.redirect_uris],
    token_endpoint_auth_method: method,
    grant_types: grantTypes,
    response_types: ['code'],
    ...(name === undefined ? {} : { client_name: name }),
  }
  return { client: { client_id: given.client_id, metadata, origin: 'preregistered' }, secret }
}
