import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { minSecretBytes, parseRootSecrets } from '../../src/keys/root-secret.ts'
import { misconfiguration } from '../support/refusal.ts'

const bytes = Buffer.from(Array.from({ length: 32 }, (_, i) => 255 - i))
const hex = bytes.toString('hex')
const base64url = bytes.toString('base64url')
const other = Buffer.alloc(32, 9).toString('base64url')

function read(secrets: string | readonly string[]): string[] {
  return parseRootSecrets(secrets).map((secret) => Buffer.from(secret).toString('hex'))
}

function thrownBy(attempt: () => unknown): unknown {
  try {
    return attempt()
  } catch (error) {
    return error
  }
}

describe('parseRootSecrets', () => {
  it.each([
    ['hex', hex],
    ['upper-case hex', hex.toUpperCase()],
    ['base64url', base64url],
    ['padded base64url', `${base64url}=`],
    ['a text with a line break at the end', `${hex}\n`],
    ['a text between spaces', `  ${base64url} `],
    ['a list of one', [hex]],
  ])('reads %s', (_name, secret) => {
    expect(read(secret)).toEqual([hex])
  })

  it('reads a ring in its order, from a list or a text with commas', () => {
    const expected = [hex, Buffer.alloc(32, 9).toString('hex')]
    expect(read([hex, other])).toEqual(expected)
    expect(read(`${hex}, ${other}`)).toEqual(expected)
  })

  it('takes what can be hex for hex, and longer secrets as they are', () => {
    expect(read('ab'.repeat(48))).toEqual(['ab'.repeat(48)])
    expect(minSecretBytes).toBe(32)
  })

  it.each([
    ['31 bytes of hex', hex.slice(2)],
    ['31 bytes of base64url', bytes.subarray(1).toString('base64url')],
    ['32 characters of hex, which are 16 bytes', hex.slice(32)],
    ['a password', 'correct horse battery staple'],
    ['a password that could be base64url', 'correct-horse-battery-staple'],
    ['plain base64', Buffer.alloc(32, 255).toString('base64')],
    ['base64url with unused bits that are not zero', `${other.slice(0, -1)}l`],
    ['nothing', ''],
    ['spaces', '   '],
    ['a comma', ','],
    ['a comma at the end', `${hex},`],
    ['a short secret second', `${hex},${hex.slice(4)}`],
    ['no secret in a list', []],
    ['an empty text in a list', ['']],
  ])('D8 refuses %s, names the option and never repeats the secret', (_name, secret) => {
    expect(() => parseRootSecrets(secret)).toThrow(misconfiguration('secret'))
    const written = inspect(
      thrownBy(() => parseRootSecrets(secret)),
      { depth: 10, showHidden: true },
    )
    const parts = (typeof secret === 'string' ? secret.split(',') : secret).filter((part) => part.trim() !== '')
    expect(parts.filter((part) => written.includes(part))).toEqual([])
  })

  it.each([
    ['twice', [hex, hex]],
    ['twice in a text', `${hex},${hex}`],
    ['twice with other secrets between', [hex, other, hex]],
    ['as hex and as base64url', [hex, base64url]],
    ['in two cases of hex', [hex, hex.toUpperCase()]],
    ['with and without padding', [base64url, `${base64url}=`]],
  ])('refuses a ring that holds a secret %s', (_name, secrets) => {
    expect(() => parseRootSecrets(secrets)).toThrow(misconfiguration('secret', 'twice'))
  })

  it('names the option it was given', () => {
    expect(() => parseRootSecrets('short', 'MCP_AUTH_SECRET')).toThrow(
      misconfiguration('MCP_AUTH_SECRET', 'openssl rand -hex 32'),
    )
  })
})
