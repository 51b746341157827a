/** Authorization codes and refresh tokens: opaque, 256 bits, naming the grant they belong to. @module */
import { platform } from '#platform'
import type { KeyRing } from '../keys/key-ring.ts'
import type { StoreKey } from '../store.ts'

/** A new random identifier of 160 bits. */
export function randomId(): string {
  return platform.toBase64url(platform.randomBytes(20))
}

/** A new random secret of 256 bits. */
export function randomSecret(): string {
  return platform.toBase64url(platform.randomBytes(32))
}

/** Where a grant is stored: the handle in tokens is not the key. */
export async function grantKey(grantId: string): Promise<StoreKey> {
  return `grant:${await platform.sha256(`grant ${grantId}`)}`
}

/** A new authorization code. */
export function newCode(grantId: string): string {
  return `${grantId}.${randomSecret()}`
}

/** A new refresh token. Its authentication code lets us tell a token that was rotated away from an invented one. */
export async function newRefreshToken(grantId: string, keys: KeyRing): Promise<string> {
  const handle = `${grantId}.${randomSecret()}`
  return `${handle}.${await keys.mac('refresh-token', handle)}`
}

const codeForm = /^([A-Za-z0-9_-]{27})\.[A-Za-z0-9_-]{43}$/
const refreshTokenForm = /^(([A-Za-z0-9_-]{27})\.[A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})$/

/** The grant a code names, or `undefined` for what cannot be a code of ours. */
export function grantOfCode(code: string): string | undefined {
  return codeForm.exec(code)?.[1]
}

/** The grant a text of the form of a refresh token names, whoever made it. */
export function grantNamedByRefreshToken(token: string): string | undefined {
  return refreshTokenForm.exec(token)?.[2]
}

/** The grant a refresh token names, when we issued that token. */
export async function grantOfRefreshToken(token: string, keys: KeyRing): Promise<string | undefined> {
  const [, handle = '', grantId, mac = ''] = refreshTokenForm.exec(token) ?? []
  return grantId !== undefined && (await keys.verifyMac('refresh-token', handle, mac)) ? grantId : undefined
}
