/** What is kept under one reference. @module */
import { randomBytes } from 'node:crypto'
import * as z from 'zod/mini'
import { parseJSON } from './sealed-folder.ts'

/** Form of a reference: it is the `jti` of a token and the name of a file. */
export const referencePattern: RegExp = /^[0-9a-f]{32}$/

/** A reference that may be used. Times in seconds since the epoch. */
export interface LiveReference {
  readonly id: string
  readonly subject: string
  readonly scopes: readonly string[]
  readonly createdAt: number
  readonly expiresAt: number
  /** A note of the operator. */
  readonly label?: string | undefined
  /** The key that signed the access token. */
  readonly keyId: string
  readonly botToken: string
}

/** A reference that was revoked, until it would have expired. */
export type RevokedReference = Omit<LiveReference, 'botToken'> & {
  readonly fingerprint: string
  readonly revokedAt: number
}

/** Either. */
export type Reference = LiveReference | RevokedReference

const common = {
  id: z.string().check(z.regex(referencePattern)),
  subject: z.string().check(z.minLength(1)),
  scopes: z.array(z.string()),
  createdAt: z.number(),
  expiresAt: z.number(),
  label: z.optional(z.string()),
  keyId: z.string(),
}
const live = z.object({ ...common, botToken: z.string().check(z.minLength(1)) })
const revoked = z.object({ ...common, fingerprint: z.string(), revokedAt: z.number() })
const form = z.union([revoked, live])

/** 128 random bits: nobody finds one by trying, and names of files are the same whatever becomes of letter case. */
export function generateReferenceId(): string {
  return randomBytes(16).toString('hex')
}

/** Reads what was written; `undefined` for anything else. */
export function parseReference(text: string): Reference | undefined {
  return form.safeParse(parseJSON(text)).data
}
