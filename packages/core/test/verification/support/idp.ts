/** An identity provider in a test's hands: real keys, counted requests, and no clock but the test's. @module */
import { createHmac, KeyObject, sign } from 'node:crypto'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { createVerifierTools } from '../../../src/verification/verifier-tools.ts'
import type { VerifierTools } from '../../../src/verifier.ts'
import { type Clock, createClock } from '../../support/clock.ts'

/** A key pair and its name. */
export interface TestKey {
  readonly kid: string
  readonly alg: 'RS256' | 'ES256' | 'EdDSA'
  readonly privateKey: CryptoKey
  readonly publicJWK: JWK
}

/** What a token is made of. `undefined` leaves a member out. */
export interface TokenParts {
  readonly header?: Readonly<Record<string, unknown>>
  readonly payload?: Readonly<Record<string, unknown>>
  /** The payload as bytes, in place of claims. */
  readonly rawPayload?: Buffer | string
  readonly key?: TestKey
  /** Signs with HMAC-SHA-256 in place of the key. */
  readonly hmacSecret?: string | Buffer
}

/** The provider. */
export interface IdP {
  readonly issuer: string
  readonly jwksURI: string
  readonly clock: Clock
  readonly tools: VerifierTools
  /** URLs in the order in which they were asked for. */
  readonly requests: string[]
  readonly key: TestKey
  /** What is published from now on. */
  publish(...keys: readonly TestKey[]): void
  /** How the next requests are answered; `undefined` as usual. */
  answer(give: ((url: string, init: RequestInit) => Response | Promise<Response>) | undefined): void
  mint(parts?: TokenParts): Promise<string>
}

export const resource = 'https://mcp.example/mcp'
export const issuer = 'https://login.example'

/** A new key pair. */
export async function newKey(kid: string, alg: TestKey['alg'] = 'ES256'): Promise<TestKey> {
  const options = alg === 'EdDSA' ? { crv: 'Ed25519', extractable: true } : { extractable: true }
  const { privateKey, publicKey } = await generateKeyPair(alg, options)
  return { kid, alg, privateKey, publicJWK: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

/** Creates the provider. */
export async function createIdP(options: { issuer?: string; key?: TestKey; clock?: Clock } = {}): Promise<IdP> {
  const { issuer: name = issuer, clock = createClock() } = options
  const key = options.key ?? (await newKey('key-1'))
  const jwksURI = `${name}/keys`
  const requests: string[] = []
  let published: readonly TestKey[] = [key]
  let give: ((url: string, init: RequestInit) => Response | Promise<Response>) | undefined
  const usual = (url: string): Response => {
    if (url === jwksURI) return Response.json({ keys: published.map(({ publicJWK }) => publicJWK) })
    if (url === `${name}/.well-known/oauth-authorization-server`) {
      const introspection = `${name}/introspect`
      return Response.json({ issuer: name, jwks_uri: jwksURI, introspection_endpoint: introspection })
    }
    return new Response(null, { status: 404 })
  }
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    requests.push(url)
    await Promise.resolve()
    return give ? await give(url, init) : usual(url)
  }
  return {
    issuer: name,
    jwksURI,
    clock,
    requests,
    key,
    tools: createVerifierTools({ fetch, now: clock.now, timeoutSeconds: 5 }),
    publish: (...keys) => {
      published = keys
    },
    answer: (next) => {
      give = next
    },
    mint: async (parts = {}) => await Promise.resolve(mint(name, key, clock.now(), parts)),
  }
}

function mint(iss: string, own: TestKey, now: number, parts: TokenParts): string {
  const { key = own, hmacSecret } = parts
  const usual = { iss, aud: resource, sub: 'user-1', client_id: 'client-1', scope: 'read write', jti: 'j' }
  const payload = parts.rawPayload ?? JSON.stringify({ ...usual, iat: now, exp: now + 600, ...parts.payload })
  const header = JSON.stringify({ alg: key.alg, typ: 'at+jwt', kid: key.kid, ...parts.header })
  const input = `${encode(header)}.${encode(payload)}`
  const signature = hmacSecret === undefined ? signInput(input, key) : hmac(input, hmacSecret)
  return `${input}.${signature}`
}

/** Base64url of a text or bytes. */
export function encode(part: string | Buffer): string {
  return Buffer.from(part).toString('base64url')
}

function hmac(input: string, secret: string | Buffer): string {
  return createHmac('sha256', secret).update(input).digest('base64url')
}

function signInput(input: string, { alg, privateKey }: TestKey): string {
  const key = KeyObject.from(privateKey)
  const bytes = Buffer.from(input)
  if (alg === 'EdDSA') return sign(null, bytes, key).toString('base64url')
  return sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
}
