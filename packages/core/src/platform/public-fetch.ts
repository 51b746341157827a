/** Fetching what a stranger named: the words for it. @module */

/** A document, read whole. */
export interface PublicDocument {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly text: string
}

/** Bounds of one fetch. */
export interface PublicFetchOptions {
  readonly maxBytes: number
  /** For everything: name look-up, connection, answer, body. */
  readonly timeoutMilliseconds: number
  /** `host:port` pairs that may be reached although they are not public. */
  readonly dangerouslyAllowedHosts: ReadonlySet<string>
}

/**
 * GETs an https document from the public internet, and only from there: every address of the host must be public and
 * the connection goes to one of those very addresses; redirects are not followed, encodings not accepted.
 * @throws {PublicFetchError}
 */
export type PublicFetch = (url: URL, options: PublicFetchOptions) => Promise<PublicDocument>

/** `refused`: we do not go there, or what is there breaks a bound. `unreachable`: it may work later. */
export class PublicFetchError extends Error {
  readonly kind: 'refused' | 'unreachable'
  constructor(kind: 'refused' | 'unreachable', message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'PublicFetchError'
    this.kind = kind
  }
}
