import { describe, expect, it } from 'vitest'
import { isLoopbackHostname, isSecureURL, parsePlainURI } from '../../src/protocol/uri.ts'

describe('parsePlainURI', () => {
  it('gives the URL of a plainly written URI, of any scheme', () => {
    expect(parsePlainURI('https://App.example:8443/a/b?c=d%20e#f')?.href).toBe('https://app.example:8443/a/b?c=d%20e#f')
    expect(parsePlainURI('cursor://anysphere.cursor-mcp/oauth')?.protocol).toBe('cursor:')
  })

  it.each([
    'https://app.example/a b',
    'https://app.example/{a}',
    'https://app.example/a|b',
    'https://app.example/`a`',
    'https://app.example/a^b',
    'https://app.example/\u00e9',
    'https://app.example/\u0000',
    'https://app.example/a*',
    'https://user@app.example/',
    'https://app.example:/',
    'https://app.example:x/',
    'https://[::1/',
    'https://[::1]evil.example/',
    'https://1.2.3/',
    'https://app.example/./a',
    'app.example/a',
    '1https://app.example/',
  ])('B1 refuses %j', (value) => {
    expect(parsePlainURI(value)).toBeUndefined()
  })

  it('D7 refuses what is longer than 2048 characters without parsing it', () => {
    const longest = `https://app.example/${'a'.repeat(2048 - 'https://app.example/'.length)}`
    expect(parsePlainURI(longest)?.href).toBe(longest)
    expect(parsePlainURI(`${longest}a`)).toBeUndefined()
    expect(parsePlainURI(`https://app.example/${'a'.repeat(1_000_000)}`)).toBeUndefined()
  })
})

describe('secure origins', () => {
  it.each([
    ['https://app.example/', true],
    ['http://localhost:8000/', true],
    ['http://127.0.0.1/', true],
    ['http://[::1]:8000/', true],
    ['http://app.example/', false],
    ['http://localhost.evil.example/', false],
    ['http://127.0.0.2/', false],
    ['ws://localhost/', false],
    ['ftp://localhost/', false],
  ])('A061 judges %s', (url, expected) => {
    expect(isSecureURL(new URL(url))).toBe(expected)
  })

  it.each(['localhost', '127.0.0.1', '[::1]'])('A003 counts %s as loopback', (hostname) => {
    expect(isLoopbackHostname(hostname)).toBe(true)
  })

  it.each(['LOCALHOST', '::1', '127.0.0.1.', 'localhost.', '0.0.0.0', ''])(
    'A003 does not count %j as loopback',
    (hostname) => {
      expect(isLoopbackHostname(hostname)).toBe(false)
    },
  )
})
