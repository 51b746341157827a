/** Access tokens by hand: Ed25519, verified synchronously with `node:crypto`. @module */
import { Buffer } from 'node:buffer'
import { generateKeyPairSync, type KeyObject, randomBytes, sign, verify } from 'node:crypto'
import { resource, scope, tokenSeconds } from './server.ts'

/** Claims of an access token. */
interface Claims {
  readonly iss: string
  readonly aud: string
  readonly sub: string
  readonly client_id: string
  readonly exp: number
}

/** Signs and verifies. */
export interface Tokens {
  readonly publicKey: KeyObject
  /** `session` is the claim `sid`. */
  readonly sign: (subject: string, clientId: string, session?: string) => string
  /** The claims of a valid token. */
  readonly read: (token: string) => (Claims & { readonly sid?: string }) | undefined
}

/** Settings of {@link createTokens}. */
export interface TokensOptions {
  readonly issuer: string
  /** Life of a token, in seconds. */
  readonly seconds?: number
  readonly keys?: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
}

/** Creates what signs and verifies access tokens of one issuer for our resource. */
export function createTokens({
  issuer,
  seconds = tokenSeconds,
  keys: { publicKey, privateKey } = generateKeyPairSync('ed25519'),
}: TokensOptions): Tokens {
  const header = Buffer.from(JSON.stringify({ alg: 'EdDSA', typ: 'at+jwt', kid: 'bench' })).toString('base64url')
  return {
    publicKey,
    sign(subject, clientId, session) {
      const now = Math.floor(Date.now() / 1000)
      const payload = JSON.stringify({
        iss: issuer,
        aud: resource,
        sub: subject,
        client_id: clientId,
        sid: session,
        scope,
        iat: now,
        exp: now + seconds,
        jti: randomBytes(16).toString('base64url'),
      })
      const signed = `${header}.${Buffer.from(payload).toString('base64url')}`
      return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`
    },
    read(token) {
      const [head, payload = '', signature = '', ...rest] = token.split('.')
      if (head !== header || rest.length > 0) return undefined
      const signed = token.slice(0, head.length + 1 + payload.length)
      if (!verify(null, Buffer.from(signed), publicKey, Buffer.from(signature, 'base64url'))) return undefined
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims & { readonly sid?: string }
      const isOurs = claims.iss === issuer && claims.aud === resource
      return isOurs && claims.exp > Date.now() / 1000 ? claims : undefined
    },
  }
}
