/** Requests, as far as the gate looks at them. @module */

/** The part of a request that decides whether it may pass; a web `Request` is one. */
export interface RequestHead {
  readonly method: string
  readonly url: string
  readonly headers: { get(name: string): string | null }
}
