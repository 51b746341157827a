import type { JWK } from 'jose'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { createKeyRing, KeyPurpose, KeyRing } from '../../src/keys/key-ring.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { signAccessToken, verifyAccessToken } from '../../src/protocol/jwt.ts'
import { refusal } from '../support/refusal.ts'
import { newPrivateJWK } from '../support/signing.ts'
import { twins, withPlatform } from '../support/twins.ts'

type CreateKeyRing = typeof createKeyRing

async function load(platform: Platform): Promise<CreateKeyRing> {
  return await withPlatform(platform, async () => (await import('../../src/keys/key-ring.ts')).createKeyRing)
}

const oldSecret = new Uint8Array(32).fill(1)
const newSecret = new Uint8Array(32).fill(2)
const purposes: KeyPurpose[] = ['store', 'client-id', 'client-secret', 'consent', 'cookie', 'refresh-token']

describe.each(twins)('a key ring on the $name twin', (platform) => {
  let create: CreateKeyRing
  let former: KeyRing
  let rotated: KeyRing
  let replaced: KeyRing
  beforeAll(async () => {
    create = await load(platform)
    former = await create([oldSecret])
    rotated = await create([newSecret, oldSecret])
    replaced = await create([newSecret])
  })

  it('uses the twin it was given', async () => {
    const seal = vi.fn<Platform['seal']>(platform.seal)
    const createOther = await load({ ...platform, seal })
    await (await createOther([oldSecret])).seal('store', 'text', 'a')
    expect(seal).toHaveBeenCalledOnce()
  })

  it('opens what it sealed, and not for another context', async () => {
    const sealed = await former.seal('store', 'text \u{1f600}', 'grant:a')
    expect(await former.open('store', sealed, 'grant:a')).toBe('text \u{1f600}')
    expect(await former.open('store', sealed, 'grant:b')).toBeUndefined()
  })

  it('opens what an older secret sealed for as long as the ring holds that secret', async () => {
    const sealed = await former.seal('store', 'text', 'a')
    expect(await rotated.open('store', sealed, 'a')).toBe('text')
    expect(await replaced.open('store', sealed, 'a')).toBeUndefined()
  })

  it('seals under the first secret, so that the others can be taken away', async () => {
    const sealed = await rotated.seal('store', 'text', 'a')
    expect(await replaced.open('store', sealed, 'a')).toBe('text')
    expect(await former.open('store', sealed, 'a')).toBeUndefined()
  })

  it('accepts the codes of every secret of the ring, and makes those of the first', async () => {
    const [old, current] = [await former.mac('refresh-token', 'handle'), await rotated.mac('refresh-token', 'handle')]
    expect(await rotated.verifyMac('refresh-token', 'handle', old)).toBe(true)
    expect(await rotated.verifyMac('refresh-token', 'handle', current)).toBe(true)
    expect(await replaced.verifyMac('refresh-token', 'handle', old)).toBe(false)
    expect(await replaced.mac('refresh-token', 'handle')).toBe(current)
    expect(await rotated.allMacs('refresh-token', 'handle')).toEqual([current, old])
  })

  it.each(['', 'A'.repeat(43), 'handle'])('does not accept the code %j', async (mac) => {
    expect(await rotated.verifyMac('refresh-token', 'handle', mac)).toBe(false)
  })

  it('C10 keeps purposes apart, for sealed values and for codes', async () => {
    for (const made of purposes) {
      const [sealed, mac] = [await former.seal(made, 'text', 'a'), await former.mac(made, 'text')]
      for (const asked of purposes) {
        expect(await former.open(asked, sealed, 'a')).toBe(asked === made ? 'text' : undefined)
        expect(await former.verifyMac(asked, 'text', mac)).toBe(asked === made)
      }
    }
  })

  it.each([
    ['nothing', ''],
    ['one character', 'A'],
    ['a version and no key id', 'AQ'],
    ['a version and a key id', 'AQAAAAAAAA'],
    ['text that is no base64url', '***'],
    ['a value of 10 000 zeros', 'A'.repeat(10_000)],
  ])('does not open %s', async (_name, sealed) => {
    expect(await former.open('store', sealed, 'a')).toBeUndefined()
  })

  it('does not open a value whose version, key id or length was changed', async () => {
    const bytes = Buffer.from(await former.seal('store', 'text', 'a'), 'base64url')
    const changes: Buffer[] = [bytes.subarray(0, -1), bytes.subarray(1), Buffer.concat([bytes, Buffer.of(0)])]
    for (let at = 0; at < 7; at += 1) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      changes.push(changed)
    }
    for (const changed of changes) {
      expect(await former.open('store', changed.toString('base64url'), 'a')).toBeUndefined()
    }
  })

  it('does not open a value with another spelling of the same bytes', async () => {
    const sealed = await former.seal('store', 'texts', 'a')
    expect(await former.open('store', `${sealed}=`, 'a')).toBeUndefined()
    expect(await former.open('store', `${sealed}\n`, 'a')).toBeUndefined()
  })

  it('A063 publishes the keys of every secret, the signing one first, without private members', () => {
    const published = [...rotated.verificationKeys.values()].map((key) => key.publicJwk)
    expect(published.map(({ kid }) => kid)).toEqual([replaced.signingKey.kid, former.signingKey.kid])
    expect(rotated.signingKey.kid).toBe(replaced.signingKey.kid)
    for (const jwk of published) {
      expect(jwk).toEqual({
        kty: 'OKP',
        crv: 'Ed25519',
        x: expect.any(String),
        kid: expect.any(String),
        alg: 'EdDSA',
        use: 'sig',
      })
    }
  })

  it('A063 verifies the tokens of an older secret for as long as the ring holds it', async () => {
    const now = 1_700_000_000
    const claims = {
      iss: 'i',
      aud: 'a',
      sub: 's',
      client_id: 'c',
      scope: '',
      iat: now,
      exp: now + 60,
      jti: 'j',
      sid: 'g',
    }
    const token = await signAccessToken(claims, former.signingKey)
    const expected = { issuer: 'i', audience: 'a', now }
    await expect(verifyAccessToken(token, { ...expected, keys: rotated.verificationKeys })).resolves.toMatchObject(
      claims,
    )
    await expect(verifyAccessToken(token, { ...expected, keys: replaced.verificationKeys })).rejects.toThrow(
      refusal('token_invalid'),
    )
  })

  it.each(['ES256', 'RS256', 'EdDSA'] as const)(
    'A063 signs with a given %s key and still verifies with derived ones',
    async (alg) => {
      const jwk = await newPrivateJWK(alg)
      const ring = await create([newSecret], [jwk])
      expect(ring.signingKey.alg).toBe(alg)
      expect([...ring.verificationKeys.keys()]).toEqual([ring.signingKey.kid, replaced.signingKey.kid])
      const members = { RS256: ['n', 'e'], ES256: ['crv', 'x', 'y'], EdDSA: ['crv', 'x'] }[alg]
      expect(Object.keys(ring.signingKey.publicJwk).sort()).toEqual(['alg', 'kid', 'kty', 'use', ...members].sort())
    },
  )

  it('A063 signs with the first of several given keys', async () => {
    const keys: JWK[] = [await newPrivateJWK('ES256'), await newPrivateJWK('EdDSA')]
    const ring = await create([newSecret], keys)
    expect(ring.signingKey.alg).toBe('ES256')
    expect(ring.verificationKeys.size).toBe(3)
  })
})

describe('key rings on both twins', () => {
  // One after the other: which twin is imported is the whole process's.
  const loadTwins = async (): Promise<KeyRing[]> => {
    const rings: KeyRing[] = []
    for (const platform of twins) rings.push(await (await load(platform))([oldSecret]))
    return rings
  }

  it('derive the same keys from the same secret, in every process', async () => {
    const rings = await loadTwins()
    const made = await Promise.all(
      rings.map(async (ring) => [ring.signingKey.publicJwk, await ring.mac('client-secret', 'x')]),
    )
    expect(made[0]).toEqual(made[1])
  })

  it('open what the other sealed', async () => {
    const [node, portable] = await loadTwins()
    expect(await portable?.open('store', (await node?.seal('store', 'text', 'a')) ?? '', 'a')).toBe('text')
    expect(await node?.open('store', (await portable?.seal('store', 'text', 'a')) ?? '', 'a')).toBe('text')
  })
})
