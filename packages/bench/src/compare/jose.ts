/** `jose`, which this package gets from core: a peer of the comparison verifies with it. @module */
import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { createRequire } from 'node:module'
import { resource } from './server.ts'

/** The part of it we use. */
interface Jose {
  readonly jwtVerify: (
    token: string,
    key: object,
    options: { readonly issuer: string; readonly audience: string },
  ) => Promise<{ readonly payload: Readonly<Record<string, unknown>> }>
}

/** Where it is. */
export function findJose(): string {
  return createRequire(new URL('../../../core/package.json', import.meta.url)).resolve('jose')
}

/** What an access token says, as verified by `jose`. */
export interface Verified {
  readonly subject: string
  readonly clientId: string
  readonly expiresAt: number
}

/** Creates a verifier of access tokens of one issuer. It rejects for a token that is not good. */
export async function createJoseVerifier(
  issuer: string,
  key: JsonWebKey,
): Promise<(token: string) => Promise<Verified>> {
  const { jwtVerify } = (await import(findJose())) as Jose
  const publicKey = createPublicKey({ key, format: 'jwk' })
  return async (token) => {
    const { payload } = await jwtVerify(token, publicKey, { issuer, audience: resource })
    return {
      subject: String(payload['sub']),
      clientId: String(payload['client_id']),
      expiresAt: Number(payload['exp']),
    }
  }
}
