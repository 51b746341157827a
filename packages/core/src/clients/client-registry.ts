/** Who the clients are: registered by themselves (sealed into their id), by a document, or by the operator. @module */
import { platform } from '#platform'
import { ConfigurationError, OAuthError } from '../errors.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { openShown } from '../keys/open-shown.ts'
import type { ClientCredentials } from '../protocol/client-authentication.ts'
import type { ClientMetadata, PreRegisteredClient } from '../protocol/client-registration.ts'
import type { SealedStore } from '../stores/sealed-store.ts'
import { noReports, type StoreReports } from '../stores/store-reports.ts'
import { verifyClientAssertion } from './client-assertion.ts'
import type { ClientDocuments } from './client-documents.ts'
import { readPreregisteredClient } from './preregistered-client.ts'
import { type ClientInformation, hasSecret, type RegisteredClient } from './registered-client.ts'
import { packClient, unpackClient } from './sealed-client.ts'

/** Finds, registers and authenticates clients. `source` is the address the work of a call is counted against. */
export interface ClientRegistry {
  /**
   * `undefined` for an unknown, expired or denied client, and for one that policy no longer allows. A client with a
   * document is as its host says now, or, where its `last-known` state will do and the host is away, as it last said.
   * Trust begins with the former. Default: `last-known`.
   * @throws {OAuthError} `client_document_invalid`, `client_document_unreachable`, `rate_limited`
   */
  find(clientId: string, source?: string, freshness?: 'current' | 'last-known'): Promise<RegisteredClient | undefined>
  /** Whether the operator has denied a client, however it registered. */
  isDenied(clientId: string): Promise<boolean>
  /** @throws {OAuthError} `client_metadata_too_long`, `client_metadata_invalid` for keys that cannot be fetched here */
  register(metadata: ClientMetadata): Promise<ClientInformation>
  /** @throws {OAuthError} `client_unknown`, `client_authentication`, and as {@link find} */
  authenticate(credentials: ClientCredentials, source?: string): Promise<RegisteredClient>
}

/** What {@link createClientRegistry} needs. */
export interface ClientRegistryOptions {
  readonly issuer: string
  readonly keys: () => Promise<KeyRing>
  readonly store: SealedStore
  /** Told of ids that a removed secret sealed. Default: nobody is. */
  readonly reports?: StoreReports
  /** Seconds a dynamic registration is valid. */
  readonly lifetime: number
  readonly now: () => number
  readonly preregistered: readonly PreRegisteredClient[]
  readonly documents: ClientDocuments
  readonly isAllowedRedirectURI: (uri: string) => boolean
  /** Whether the redirect URI of a client registered by hand is safe in itself. */
  readonly isSafeRedirectURI: (uri: string) => boolean
  readonly isDenied: (clientId: string) => boolean | Promise<boolean>
  /** Names of this server that clients may address their assertions to, the issuer first. */
  readonly assertionAudiences: readonly string[]
}

/** A longer id would not fit into the URLs and headers it travels in. */
const maxClientIdLength = 2048
const dynamicPrefix = 'dcr_'

/** Creates the registry. @throws {ConfigurationError} for a pre-registered client that cannot work */
export function createClientRegistry(options: ClientRegistryOptions): ClientRegistry {
  const known = new Map(
    options.preregistered.map((given) => [
      given.client_id,
      readPreregisteredClient(given, dynamicPrefix, options.isSafeRedirectURI),
    ]),
  )
  const ids = options.preregistered.map((given) => given.client_id)
  const twice = ids.find((id, at) => ids.indexOf(id) !== at)
  if (twice !== undefined) throw new ConfigurationError('clients', `${JSON.stringify(twice)} is registered twice`)
  const canHaveKeys = ({ jwks_uri: uri }: ClientMetadata): boolean =>
    uri === undefined || options.documents.canFetch(uri)
  const keyless = [...known.values()].find(({ client }) => !canHaveKeys(client.metadata))?.client.client_id
  if (keyless !== undefined)
    throw new ConfigurationError('clients', `the jwks_uri of ${JSON.stringify(keyless)} cannot be fetched here`)
  const { reports = noReports } = options
  const showing = { keys: options.keys, reports }
  const associatedData = `client ${options.issuer}`

  const findDynamic = async (clientId: string): Promise<RegisteredClient | undefined> => {
    if (!clientId.startsWith(dynamicPrefix) || clientId.length > maxClientIdLength) return undefined
    const shown = clientId.slice(dynamicPrefix.length)
    const text = await openShown(showing, 'client_id', shown, associatedData)
    const sealed = text === undefined ? undefined : unpackClient(text)
    if (!sealed || sealed.issuedAt + options.lifetime <= options.now()) return undefined
    // Policy may have become stricter since the client registered.
    const redirectURIs = sealed.metadata.redirect_uris.filter(options.isAllowedRedirectURI)
    if (redirectURIs.length === 0) return undefined
    return { client_id: clientId, origin: 'dynamic', metadata: { ...sealed.metadata, redirect_uris: redirectURIs } }
  }
  const find: ClientRegistry['find'] = async (clientId, source, freshness = 'last-known') => {
    if (await options.isDenied(clientId)) return undefined
    const registered = known.get(clientId)?.client ?? (await findDynamic(clientId))
    if (registered) return registered
    const metadata = await options.documents.find(clientId, source, freshness === 'current')
    return metadata && { client_id: clientId, origin: 'document', metadata }
  }

  const acceptedSecrets = async (client: RegisteredClient): Promise<readonly string[]> => {
    if (client.origin === 'dynamic') return await (await options.keys()).allMacs('client-secret', client.client_id)
    const secret = known.get(client.client_id)?.secret
    return secret === undefined ? [] : [secret]
  }
  const verifySecret = async (client: RegisteredClient, presented: readonly string[]): Promise<boolean> => {
    const accepted = hasSecret(client) ? await acceptedSecrets(client) : []
    // Digests are compared, so neither the length nor the place of a difference shows.
    const digest = async (secret: string): Promise<string> => await platform.sha256(secret)
    const [left, right] = [await Promise.all(accepted.map(digest)), await Promise.all(presented.map(digest))]
    return left.flatMap((a) => right.map((b) => platform.equal(a, b))).includes(true)
  }
  const verifyAssertion = async (
    client: RegisteredClient,
    assertion: string,
    source: string | undefined,
  ): Promise<void> => {
    const { jwks, jwks_uri: uri } = client.metadata
    await verifyClientAssertion(assertion, client.client_id, {
      audiences: options.assertionAudiences,
      store: options.store,
      now: options.now,
      keys: async (askAgain) =>
        jwks ?? (uri === undefined ? { keys: [] } : await options.documents.keys(uri, source, askAgain)),
    })
  }

  return {
    find,
    isDenied: async (clientId) => await options.isDenied(clientId),
    async register(metadata) {
      if (!canHaveKeys(metadata)) throw new OAuthError('client_metadata_invalid')
      const issuedAt = Math.floor(options.now())
      const keys = await options.keys()
      const clientId = dynamicPrefix + (await keys.seal('client-id', packClient(metadata, issuedAt), associatedData))
      if (clientId.length > maxClientIdLength) throw new OAuthError('client_metadata_too_long')
      return {
        client_id: clientId,
        client_id_issued_at: issuedAt,
        ...(hasSecret({ metadata })
          ? {
              client_secret: await keys.mac('client-secret', clientId),
              client_secret_expires_at: issuedAt + options.lifetime,
            }
          : {}),
        ...metadata,
      }
    },
    async authenticate(credentials, source) {
      const client = await find(credentials.clientId, source)
      if (!client) throw new OAuthError('client_unknown')
      const { token_endpoint_auth_method: method } = client.metadata
      if (method === 'private_key_jwt' && credentials.assertion !== undefined) {
        await verifyAssertion(client, credentials.assertion, source)
        return client
      }
      const isBare = credentials.assertion === undefined && credentials.secrets.length === 0
      if (method === 'none' && isBare) return client
      if (!(await verifySecret(client, credentials.secrets))) throw new OAuthError('client_authentication')
      return client
    },
  }
}
