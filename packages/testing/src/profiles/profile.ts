/** How a profile of an MCP client is written. @module */
import type { redirectURIPresets } from '@mcp-auth/core'

/** How a client writes the resource: as typed, its bare origin, with one slash more, or not at all. */
export type ClientResource = 'exact' | 'origin' | 'slash' | 'omitted'

/** How sure a fact is: seen on the wire, in the client's own documents, told by others, or taken for likely. */
export type ClientFactConfidence = 'observed' | 'documented' | 'reported' | 'assumed'

/** What it registers, or publishes as its document. */
export interface ClientProfileMetadata {
  readonly redirect_uris: readonly string[]
  readonly [member: string]: unknown
}

/** A client, as recorded. */
export interface ClientProfile {
  /** As people know it. */
  readonly client: string
  /** Its redirect URIs, see `redirectURIPresets` of core. */
  readonly preset: keyof typeof redirectURIPresets
  /** Year and month. */
  readonly recorded: string
  /** Its document names redirect URIs that its preset does not have. */
  readonly outsidePreset?: true
  /** Where it looks, in order: it takes the first document there is. */
  readonly discovery: {
    readonly resource: readonly string[]
    readonly server: readonly string[]
    readonly headers: Readonly<Record<string, string>>
    /** Goes on only where the metadata names the very resource that was typed in. */
    readonly strictResource?: true
  }
  readonly registration:
    | { readonly kind: 'dynamic'; readonly metadata: ClientProfileMetadata }
    | {
        readonly kind: 'document'
        readonly url: string
        readonly jwksPath?: string
        /** Registers dynamically where the server does not list `none`. */
        readonly requiresNone?: boolean
        readonly metadata: ClientProfileMetadata
      }
  readonly authorize: {
    readonly redirect_uri: string
    /** `metadata`: everything that the authorization server lists; `omitted`: nothing. */
    readonly scope: string
    readonly resource: ClientResource
    readonly extra: Readonly<Record<string, string>>
  }
  readonly token: {
    readonly auth: 'none' | 'client_secret_basic' | 'private_key_jwt'
    /** To what it addresses its assertions, where that is not the issuer. */
    readonly audience?: 'token_endpoint'
    readonly resource: ClientResource
  }
  readonly refresh: {
    readonly scope: 'omitted' | 'same'
    readonly resource: ClientResource
    /** Processes that share one refresh token. */
    readonly parallel?: number
    /** Comes back with a token of an earlier generation. */
    readonly stale?: boolean
  }
  /** How it calls the MCP endpoint. */
  readonly mcp: { readonly headers: Readonly<Record<string, string>>; readonly preflight?: readonly string[] }
  /** Where the facts are from, by the path to them; a longer path wins over a shorter one. */
  readonly facts: Readonly<
    Record<string, { readonly confidence: ClientFactConfidence; readonly sources: readonly string[] }>
  >
}
