/** Access tokens made by hand: what somebody could write who knows how ours look, with whatever key he has. */
import { generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto'
import { jwtPart } from './answers.ts'

/** Algorithms that servers sign with. */
export type ForgeAlgorithm = 'EdDSA' | 'ES256' | 'RS256'

/** A key pair, which a server may be given or not. */
export interface ForgeKey {
  readonly alg: ForgeAlgorithm
  readonly publicKey: KeyObject
  readonly publicJwk: JsonWebKey
  /** For `signingKeys`. */
  readonly privateJwk: JsonWebKey & { alg: string }
  /** The signature of a JWS signing input. */
  sign(input: string): string
}

/** Makes a new key pair. */
export function newForgeKey(alg: ForgeAlgorithm = 'EdDSA'): ForgeKey {
  const { publicKey, privateKey } = generate(alg)
  return {
    alg,
    publicKey,
    publicJwk: publicKey.export({ format: 'jwk' }),
    privateJwk: { ...privateKey.export({ format: 'jwk' }), alg },
    sign: (input) => {
      const data = Buffer.from(input)
      const signature =
        alg === 'EdDSA'
          ? sign(null, data, privateKey)
          : sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' })
      return signature.toString('base64url')
    },
  }
}

function generate(alg: ForgeAlgorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  if (alg === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return alg === 'RS256' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ed25519')
}

/** Members to change; `undefined` removes one. */
export type Changes = Readonly<Record<string, unknown>>

/** Part of a JWS. A text is taken as it is. */
export function encodePart(part: Changes | string): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
}

/** A genuine token with changes, signed with `key`. */
export function resign(token: string, key: ForgeKey, changes: { header?: Changes; payload?: Changes } = {}): string {
  const header = encodePart({ ...jwtPart(token, 'header'), ...changes.header })
  const input = `${header}.${encodePart({ ...jwtPart(token, 'payload'), ...changes.payload })}`
  return `${input}.${key.sign(input)}`
}

/** A genuine token with changes and the signature it had, or another text in its place. */
export function tamper(token: string, changes: { header?: Changes; payload?: Changes; signature?: string }): string {
  const [header = '', payload = '', signature = ''] = token.split('.')
  return [
    changes.header ? encodePart({ ...jwtPart(token, 'header'), ...changes.header }) : header,
    changes.payload ? encodePart({ ...jwtPart(token, 'payload'), ...changes.payload }) : payload,
    changes.signature ?? signature,
  ].join('.')
}

/** Headers that name or carry a key of somebody else, to be signed with it. */
export function foreignKeyHeaders({ publicJwk, publicKey }: ForgeKey): [string, Changes][] {
  return [
    ['under a kid of its own', { kid: 'mine' }],
    ['without a kid', { kid: undefined }],
    ['with the public key in the header', { jwk: publicJwk }],
    ['with the public key in the header and no kid', { jwk: publicJwk, kid: undefined }],
    [
      'with a certificate chain in the header',
      { x5c: [publicKey.export({ format: 'der', type: 'spki' }).toString('base64')] },
    ],
  ]
}

/** Headers with a `crit` that nobody may accept. */
export const criticalHeaders: [string, Changes][] = [
  ['an unknown extension', { crit: ['urn:example:unknown'], 'urn:example:unknown': true }],
  ['an extension that is not there', { crit: ['exp'] }],
  ['an empty list', { crit: [] }],
  ['something that is no list', { crit: 'b64' }],
  ['an unencoded payload', { crit: ['b64'], b64: false }],
]

/** Payloads that are no JSON object, encoded. */
export const brokenPayloads: [string, string][] = [
  ['a payload that is no JSON', encodePart('not json')],
  ['a payload that is a list', encodePart('[]')],
  ['a payload that is null', encodePart('null')],
  ['an empty payload', ''],
]
