import { expect, it } from 'vitest'
import { createSealer } from '../../src/vault/sealer.ts'
import { olderSecret, secret } from './support/vault.ts'

const sealer = createSealer([secret])

it('opens what it sealed, under the same kind and the same name only', () => {
  const sealed = sealer.seal('reference', 'one', 'text ☃')
  expect(sealer.open('reference', 'one', sealed)).toEqual({ text: 'text ☃', isCurrent: true })
  expect(sealer.open('reference', 'two', sealed)).toEqual({ failure: 'damaged' })
  expect(sealer.open('signing-key', 'one', sealed)).toEqual({ failure: 'damaged' })
})

it('never seals the same text to the same bytes', () => {
  const made = Array.from({ length: 50 }, () => sealer.seal('reference', 'one', 'text'))
  expect(new Set(made).size).toBe(50)
})

it('notices a change of any byte', () => {
  const bytes = Buffer.from(sealer.seal('reference', 'one', 'text'), 'base64url')
  for (let index = 0; index < bytes.length; index += 1) {
    const changed = Uint8Array.from(bytes, (byte, at) => (at === index ? byte ^ 1 : byte))
    expect(sealer.open('reference', 'one', Buffer.from(changed).toString('base64url'))).toHaveProperty('failure')
    expect(sealer.open('reference', 'one', bytes.subarray(0, index).toString('base64url'))).toEqual({
      failure: 'damaged',
    })
  }
})

it('opens with every secret of the ring, seals with the first, and tells a secret that is gone from damage', () => {
  const older = createSealer([olderSecret])
  const ring = createSealer([secret, olderSecret])
  const sealed = older.seal('reference', 'one', 'text')
  expect(ring.open('reference', 'one', sealed)).toEqual({ text: 'text', isCurrent: false })
  expect(sealer.open('reference', 'one', sealed)).toEqual({ failure: 'secret' })
  expect(older.open('reference', 'one', ring.seal('reference', 'one', 'text'))).toEqual({ failure: 'secret' })
})

it('makes fingerprints that tell bot tokens apart and depend on the secret', () => {
  expect(sealer.fingerprint('a')).toMatch(/^[0-9a-f]{16}$/)
  expect(sealer.fingerprint('a')).toBe(createSealer([secret, olderSecret]).fingerprint('a'))
  expect(sealer.fingerprint('a')).not.toBe(sealer.fingerprint('b'))
  expect(sealer.fingerprint('a')).not.toBe(createSealer([olderSecret]).fingerprint('a'))
})

it('refuses an empty ring', () => {
  expect(() => createSealer([])).toThrow(TypeError)
})
