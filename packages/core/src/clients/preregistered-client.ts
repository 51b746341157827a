/** Clients the operator registers by hand. @module */
import { ConfigurationError } from '../errors.ts'
import { type TokenEndpointAuthMethod, tokenEndpointAuthMethods } from '../protocol/authorization-server-metadata.ts'
import {
  type ClientMetadata,
  clientKeys,
  displayName,
  type PreRegisteredClient,
} from '../protocol/client-registration.ts'
import { hasSecret, type RegisteredClient } from './registered-client.ts'

/** A client and its secret. */
export interface KnownClient {
  readonly client: RegisteredClient
  readonly secret: string | undefined
}

const minSecretLength = 16

/**
 * Checks a client given by the operator. `reservedPrefix` begins the ids that are made here.
 * @throws {ConfigurationError} naming the client and what is wrong with it
 */
export function readPreregisteredClient(
  given: PreRegisteredClient,
  reservedPrefix: string,
  isAllowedRedirectURI: (uri: string) => boolean,
): KnownClient {
  const refuse = (message: string): never => {
    throw new ConfigurationError('clients', `${JSON.stringify(given.client_id)} ${message}`)
  }
  if (given.client_id === '') refuse('needs a client_id')
  if (given.client_id.startsWith(reservedPrefix)) refuse(`must not start with ${reservedPrefix}`)
  if (given.redirect_uris.length === 0) refuse('needs at least one redirect URI')
  const odd = given.redirect_uris.find((uri) => !isAllowedRedirectURI(uri))
  if (odd !== undefined) {
    refuse(
      `has the redirect URI ${JSON.stringify(odd)}, which is neither https, nor loopback http, nor of an allowed scheme`,
    )
  }
  const secret = given.client_secret
  const client: RegisteredClient = {
    client_id: given.client_id,
    origin: 'preregistered',
    metadata: metadataOf(given, authMethodOf(given, refuse), refuse),
  }
  if (hasSecret(client) !== (secret !== undefined)) refuse('needs a client_secret exactly when its method uses one')
  if (secret !== undefined && secret.length < minSecretLength)
    refuse(`needs a client_secret of at least ${minSecretLength} characters`)
  return { client, secret }
}

function authMethodOf(given: PreRegisteredClient, refuse: (message: string) => never): TokenEndpointAuthMethod {
  const wanted =
    given.token_endpoint_auth_method ?? (given.client_secret === undefined ? 'none' : 'client_secret_basic')
  const known = tokenEndpointAuthMethods.find((candidate) => candidate === wanted)
  return known ?? refuse(`has an unknown token_endpoint_auth_method; use one of ${tokenEndpointAuthMethods.join(', ')}`)
}

function metadataOf(
  given: PreRegisteredClient,
  method: TokenEndpointAuthMethod,
  refuse: (message: string) => never,
): ClientMetadata {
  const name = displayName(given.client_name)
  return {
    redirect_uris: [...given.redirect_uris],
    token_endpoint_auth_method: method,
    grant_types:
      given.grant_types?.includes('refresh_token') === false
        ? ['authorization_code']
        : ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    ...(name === undefined ? {} : { client_name: name }),
    ...(method === 'private_key_jwt' ? keysOf(given, refuse) : {}),
  }
}

function keysOf(given: PreRegisteredClient, refuse: (message: string) => never): ReturnType<typeof clientKeys> {
  try {
    return clientKeys(given)
  } catch {
    return refuse('needs public keys, as jwks or at an https jwks_uri')
  }
}
