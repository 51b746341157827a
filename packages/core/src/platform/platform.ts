/** What the runtime gives us and runtimes do differently. Each member is synchronous where the runtime can be. @module */

import type { PublicFetch } from './public-fetch.ts'

/** A value or a promise of it; `await` works on both. */
export type MaybePromise<T> = T | Promise<T>

/** The part of `fetch` that is used for addresses of the configuration. Redirects are never followed. */
export type PlatformFetch = (url: string, init: RequestInit & { readonly redirect: 'manual' }) => Promise<Response>

/** Algorithms we sign with, [RFC 7518 §3.1](https://www.rfc-editor.org/rfc/rfc7518#section-3.1), [RFC 8037](https://www.rfc-editor.org/rfc/rfc8037). */
export type SignatureAlgorithm = 'EdDSA' | 'ES256' | 'RS256'

/** Signs and verifies the UTF-8 form of texts. Signatures are base64url, in the form of a JWS. */
export interface Signer {
  readonly sign: (text: string) => MaybePromise<string>
  readonly verify: (text: string, signature: string) => MaybePromise<boolean>
}

/** Primitives behind `#platform`. Keys and digests are bytes, so that both twins take the same. */
export interface Platform {
  readonly name: 'node' | 'portable'
  readonly fetch: PlatformFetch
  /** Absent where a program cannot choose the address it connects to. */
  readonly fetchPublicDocument: PublicFetch | undefined
  /** Bytes from the system's cryptographic random generator. */
  readonly randomBytes: (length: number) => Uint8Array<ArrayBuffer>
  /** SHA-256 of the UTF-8 form of a text, as base64url. */
  readonly sha256: (text: string) => MaybePromise<string>
  /** HMAC-SHA-256 of the UTF-8 form of a text, as base64url. */
  readonly hmac: (key: Uint8Array<ArrayBuffer>, text: string) => MaybePromise<string>
  /** HKDF-SHA-256 without salt, [RFC 5869](https://www.rfc-editor.org/rfc/rfc5869). */
  readonly hkdf: (
    secret: Uint8Array<ArrayBuffer>,
    info: string,
    length: number,
  ) => MaybePromise<Uint8Array<ArrayBuffer>>
  /** AES-256-GCM: 12 bytes nonce, ciphertext, 16 bytes tag. */
  readonly seal: (
    key: Uint8Array<ArrayBuffer>,
    text: string,
    associatedData: string,
  ) => MaybePromise<Uint8Array<ArrayBuffer>>
  /** Opens what {@link seal} made; `undefined` when key, data or associated data is another. */
  readonly open: (
    key: Uint8Array<ArrayBuffer>,
    sealed: Uint8Array<ArrayBuffer>,
    associatedData: string,
  ) => MaybePromise<string | undefined>
  /** The keys must be extractable, and of the algorithm. */
  readonly createSigner: (keys: CryptoKeyPair, algorithm: SignatureAlgorithm) => Signer
  /** Compares two texts without telling by its duration where they differ. */
  readonly equal: (a: string, b: string) => boolean
  readonly toBase64url: (bytes: Uint8Array) => string
  /** `undefined` when the text is not base64url. */
  readonly fromBase64url: (text: string) => Uint8Array<ArrayBuffer> | undefined
  /** Text of a base64 value (either alphabet), or `undefined` when it is not base64 of UTF-8. */
  readonly decodeBase64Text: (text: string) => string | undefined
}
