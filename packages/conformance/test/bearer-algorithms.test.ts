import { createHmac, type KeyObject } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { login } from './support/client.ts'
import { type ForgeAlgorithm, newForgeKey, resign, tamper } from './support/forge.ts'
import { accepted, judgeToken, refused } from './support/gate.ts'
import { startTestServer, type TestServer } from './support/server.ts'

const publicForms: readonly [string, (key: KeyObject) => string | Buffer][] = [
  ['PEM', (key) => key.export({ format: 'pem', type: 'spki' })],
  ['PEM without its last line break', (key) => String(key.export({ format: 'pem', type: 'spki' })).trimEnd()],
  ['DER', (key) => key.export({ format: 'der', type: 'spki' })],
  ['JWK', (key) => JSON.stringify(key.export({ format: 'jwk' }))],
  [
    'JWK member',
    (key) =>
      Buffer.from(String(key.export({ format: 'jwk' })[key.asymmetricKeyType === 'rsa' ? 'n' : 'x']), 'base64url'),
  ],
]

describe.each<ForgeAlgorithm>(['EdDSA', 'ES256', 'RS256'])('A010 C10 with an %s key', (alg) => {
  const key = newForgeKey(alg)
  let server: TestServer
  let genuine: string
  beforeAll(async () => {
    server = await startTestServer({ signingKeys: [key.privateJwk] })
    genuine = (await login(server)).access_token
  })
  afterAll(async () => await server.close())

  it('accepts its own token', async () => {
    expect(await judgeToken(server, genuine)).toEqual(accepted)
    expect(await judgeToken(server, resign(genuine, key))).toEqual(accepted)
  })

  it.each(publicForms)('refuses HS256 with the public key as the secret: %s', async (_form, secret) => {
    for (const [hash, name] of [
      ['sha256', 'HS256'],
      ['sha512', 'HS512'],
    ] as const) {
      const [header = '', payload = ''] = tamper(genuine, { header: { alg: name } }).split('.')
      const signature = createHmac(hash, secret(key.publicKey)).update(`${header}.${payload}`).digest('base64url')
      expect(await judgeToken(server, `${header}.${payload}.${signature}`)).toEqual(refused)
    }
  })

  it.each(['EdDSA', 'ES256', 'RS256', 'PS256', 'ES384', 'HS256'].filter((other) => other !== alg))(
    'refuses a token it signed when the header says %s',
    async (other) =>
      expect(await judgeToken(server, resign(genuine, key, { header: { alg: other } }))).toEqual(refused),
  )
})
