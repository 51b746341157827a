import { generateKeyPair, jwtVerify } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Platform } from '../../src/platform/platform.ts'
import { encodePart } from '../support/signing.ts'
import { twins } from '../support/twins.ts'

const texts = [
  '',
  'a',
  'plain text',
  'N\u00e9lly \u{1f600} \u4e2d\u6587',
  '\0\r\n"\\',
  '\ufeffmarked',
  '{"a":1}',
  'x'.repeat(100_000),
]
const key = new Uint8Array(32).fill(7)
const otherKey = new Uint8Array(32).fill(8)

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex')
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(text, 'hex'))
}

describe.each(twins)('the $name twin', (platform) => {
  it('hashes as FIPS 180-2 says', async () => {
    expect(await platform.sha256('abc')).toBe(
      Buffer.from('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 'hex').toString('base64url'),
    )
  })

  it('authenticates as RFC 4231 says', async () => {
    expect(await platform.hmac(bytesOf('0b'.repeat(20)), 'Hi There')).toBe(
      Buffer.from('b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7', 'hex').toString('base64url'),
    )
  })

  it('derives as RFC 5869 says, without salt and info', async () => {
    expect(hex(await platform.hkdf(bytesOf('0b'.repeat(22)), '', 42))).toBe(
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    )
  })

  it('C10 derives another key for another purpose and another secret', async () => {
    const derived = [
      await platform.hkdf(key, 'mcp-auth store', 32),
      await platform.hkdf(key, 'mcp-auth cookie', 32),
      await platform.hkdf(otherKey, 'mcp-auth store', 32),
    ]
    expect(new Set(derived.map(hex)).size).toBe(3)
  })

  it.each(texts)('opens what it sealed: %j', async (text) => {
    expect(await platform.open(key, await platform.seal(key, text, 'context \u00e9'), 'context \u00e9')).toBe(text)
  })

  it('seals the same text into another value each time, which does not contain it', async () => {
    const text = 'a secret that is long enough to be found'
    const [first, second] = [await platform.seal(key, text, ''), await platform.seal(key, text, '')]
    expect(hex(first)).not.toBe(hex(second))
    expect(hex(first.subarray(0, 12))).not.toBe(hex(second.subarray(0, 12)))
    expect(first).toHaveLength(12 + text.length + 16)
    expect(Buffer.from(first).toString('latin1')).not.toContain('secret')
  })

  it('does not open with another key', async () => {
    expect(await platform.open(otherKey, await platform.seal(key, 'text', 'a'), 'a')).toBeUndefined()
  })

  it.each(['', 'b', 'a ', 'A'])('does not open with the associated data %j instead of "a"', async (other) => {
    expect(await platform.open(key, await platform.seal(key, 'text', 'a'), other)).toBeUndefined()
  })

  it('does not open when any one bit was changed', async () => {
    const sealed = await platform.seal(key, 'text', 'a')
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = sealed.slice()
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(await platform.open(key, changed, 'a')).toBeUndefined()
    }
  })

  it('does not open what was cut anywhere, or lengthened', async () => {
    const sealed = await platform.seal(key, 'text', 'a')
    for (let length = 0; length < sealed.length; length += 1) {
      expect(await platform.open(key, sealed.slice(0, length), 'a')).toBeUndefined()
    }
    expect(await platform.open(key, Uint8Array.from([...sealed, 0]), 'a')).toBeUndefined()
  })

  it('opens a part of a larger buffer', async () => {
    const sealed = await platform.seal(key, 'text', 'a')
    const larger = Uint8Array.from([1, 2, 3, ...sealed])
    expect(await platform.open(key, larger.subarray(3), 'a')).toBe('text')
    expect(platform.toBase64url(larger.subarray(1, 3))).toBe('AgM')
  })

  it('makes random bytes that do not repeat', () => {
    const made = Array.from({ length: 100 }, () => hex(platform.randomBytes(16)))
    expect(new Set(made).size).toBe(100)
    expect(platform.randomBytes(0)).toHaveLength(0)
    expect(platform.randomBytes(33).buffer.byteLength).toBe(33)
  })

  it.each([
    ['', '', true],
    ['abc', 'abc', true],
    ['abc', 'abd', false],
    ['bbc', 'abc', false],
    ['abc', 'ab', false],
    ['', 'a', false],
    ['\u00e9', 'e\u0301', false],
    ['\u{1f600}', '\u{1f600}', true],
    ['a\0', 'a', false],
  ])('C5 compares %j and %j', (a, b, expected) => {
    expect(platform.equal(a, b)).toBe(expected)
  })

  it.each(['', '00', 'ff', '0001', 'fbff', '000102', 'fffefdfc', '00'.repeat(100_000)])(
    'writes bytes as base64url and reads them back',
    (bytes) => {
      const text = platform.toBase64url(bytesOf(bytes))
      expect(text).toBe(Buffer.from(bytes, 'hex').toString('base64url'))
      expect(hex(platform.fromBase64url(text))).toBe(bytes)
    },
  )

  it.each([
    ['padding', 'AA=='],
    ['the alphabet of plain base64', '+/+/'],
    ['a length that cannot be', 'AAAAA'],
    ['one character', 'A'],
    ['unused bits that are not zero, after one byte', 'AB'],
    ['unused bits that are not zero, after two bytes', 'AAB'],
    ['a space inside', 'AA AA'],
    ['a line break at the end', 'AAAA\n'],
    ['a null character', 'AAA\0'],
    ['a letter beyond ASCII', 'AA\u00c1A'],
    ['a full-width letter', '\uff21AAA'],
  ])('refuses base64url with %s', (_name, text) => {
    expect(platform.fromBase64url(text)).toBeUndefined()
  })

  it.each([
    ['bXk6c2VjcmV0', 'my:secret'],
    ['YTpi', 'a:b'],
    ['YTo=', 'a:'],
    ['YTo', 'a:'],
    ['w7_DvsO9Pz8-Pg', '\u00ff\u00fe\u00fd??>>'],
    ['w7/DvsO9Pz8+Pg==', '\u00ff\u00fe\u00fd??>>'],
    ['77u/YTpi', '\ufeffa:b'],
    ['', ''],
    ['YTpi*', undefined],
    ['YT=pi', undefined],
    ['YTpiY', undefined],
    ['Yf8', undefined],
  ])('A043 reads the base64 text %j', (text, expected) => {
    expect(platform.decodeBase64Text(text)).toBe(expected)
  })
})

describe.each(['EdDSA', 'ES256', 'RS256'] as const)('a signer for %s', (algorithm) => {
  const text = 'signed \u00e9\u{1f600}'
  let keys: CryptoKeyPair
  let others: CryptoKeyPair
  beforeAll(async () => {
    keys = await generateKeyPair(algorithm, { extractable: true })
    others = await generateKeyPair(algorithm, { extractable: true })
  })

  it.each(twins)('C10 makes signatures that both twins and other programs verify: $name', async (platform) => {
    const signature = await platform.createSigner(keys, algorithm).sign(text)
    for (const other of twins) expect(await other.createSigner(keys, algorithm).verify(text, signature)).toBe(true)
    const jws = await platform.createSigner(keys, algorithm).sign(`${encodePart({ alg: algorithm })}.e30`)
    await expect(jwtVerify(`${encodePart({ alg: algorithm })}.e30.${jws}`, keys.publicKey)).resolves.toBeDefined()
  })

  it.each(twins)('A010 refuses what was not signed, or by another key: $name', async (platform) => {
    const signer = platform.createSigner(keys, algorithm)
    const signature = await signer.sign(text)
    const foreign = await platform.createSigner(others, algorithm).sign(text)
    // The last character holds bits that no signature of these lengths uses.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const sameBytes = signature.slice(0, -1) + alphabet[alphabet.indexOf(signature.slice(-1)) + 1]
    const malformed = ['', 'AA', `${signature}=`, `${signature}AAAA`, signature.slice(4), sameBytes, '*'.repeat(86)]
    for (const wrong of [foreign, ...malformed]) expect(await signer.verify(text, wrong)).toBe(false)
    expect(await signer.verify(`${text} `, signature)).toBe(false)
  })
})

describe('the twins', () => {
  const pairs: [string, Platform, Platform][] = twins.flatMap((one) =>
    twins
      .filter((other) => other !== one)
      .map((other): [string, Platform, Platform] => [`${one.name} to ${other.name}`, one, other]),
  )

  it.each(pairs)('understand each other, %s', async (_name, one, other) => {
    for (const text of texts) {
      expect(await other.open(key, await one.seal(key, text, 'context'), 'context')).toBe(text)
      expect(await other.sha256(text)).toBe(await one.sha256(text))
      expect(await other.hmac(key, text)).toBe(await one.hmac(key, text))
      expect(hex(await other.hkdf(key, text.slice(0, 100), 32))).toBe(hex(await one.hkdf(key, text.slice(0, 100), 32)))
    }
  })

  it.each(pairs)('agree on a half character, which no encoding has, %s', async (_name, one, other) => {
    const half = 'a\ud800b'
    expect(await other.sha256(half)).toBe(await one.sha256(half))
    expect(await other.open(key, await one.seal(key, half, half), half)).toBe('a\ufffdb')
    expect(other.equal(half, 'a\ufffdb')).toBe(one.equal(half, 'a\ufffdb'))
  })
})
