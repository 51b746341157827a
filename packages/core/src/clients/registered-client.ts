/** A client as this server knows it. @module */
import type { ClientMetadata } from '../protocol/client-registration.ts'
import { matchesRedirectURI } from '../protocol/redirect-uri.ts'

/** A client that is allowed here, at this moment. */
export interface RegisteredClient {
  readonly client_id: string
  readonly metadata: ClientMetadata
  /**
   * `preregistered`: the operator vouches for it. `document`: whoever holds the host of its id does. `dynamic`:
   * everything about it is its own claim.
   */
  readonly origin: 'dynamic' | 'document' | 'preregistered'
}

/** The answer to a registration, [RFC 7591 §3.2.1](https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1). */
export interface ClientInformation extends ClientMetadata {
  readonly client_id: string
  readonly client_id_issued_at: number
  readonly client_secret?: string
  readonly client_secret_expires_at?: number
}

/** The registered redirect URI a request means: it may be left out when there is only one. */
export function registeredRedirectURI(client: RegisteredClient, requested: string | undefined): string | undefined {
  const { redirect_uris: registered } = client.metadata
  if (requested === undefined) return registered.length === 1 ? registered[0] : undefined
  return registered.some((uri) => matchesRedirectURI(requested, uri)) ? requested : undefined
}

/** Whether the client's secret comes from us or from the operator. */
export function hasSecret(client: Pick<RegisteredClient, 'metadata'>): boolean {
  return client.metadata.token_endpoint_auth_method.startsWith('client_secret_')
}
