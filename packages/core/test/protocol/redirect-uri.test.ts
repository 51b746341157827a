import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isLoopbackRedirectURI,
  isRegistrableRedirectURI,
  knownPrivateUseSchemes,
  matchesRedirectURI,
} from '../../src/protocol/redirect-uri.ts'
import { anyText } from '../support/any-text.ts'

describe('which redirect URI matches a registered one', () => {
  const registered = 'https://app.example/oauth/callback'

  it('B1 matches the registered string itself', () => {
    expect(matchesRedirectURI(registered, registered)).toBe(true)
  })

  it.each([
    ['a path suffix', 'https://app.example/oauth/callback/more'],
    ['a shorter path', 'https://app.example/oauth'],
    ['a trailing slash', 'https://app.example/oauth/callback/'],
    ['a dot segment', 'https://app.example/oauth/../oauth/callback'],
    ['an escaped dot segment', 'https://app.example/oauth/%2e%2e/oauth/callback'],
    ['an upper-case escaped dot segment', 'https://app.example/oauth/%2E/callback'],
    ['a dot segment with a path parameter', 'https://app.example/oauth/callback/..;/evil'],
    ['another case of the path', 'https://app.example/oauth/Callback'],
    ['another case of the host', 'https://APP.example/oauth/callback'],
    ['another case of the scheme', 'HTTPS://app.example/oauth/callback'],
    ['an escaped letter', 'https://app.example/oauth/c%61llback'],
    ['an extra query', 'https://app.example/oauth/callback?next=evil'],
    ['an empty query', 'https://app.example/oauth/callback?'],
    ['a fragment', 'https://app.example/oauth/callback#fragment'],
    ['an empty fragment', 'https://app.example/oauth/callback#'],
    ['user information', 'https://user@app.example/oauth/callback'],
    ['the registered host as user name', 'https://app.example@evil.example/oauth/callback'],
    ['the registered host and a port as credentials', 'https://app.example:443@evil.example/oauth/callback'],
    ['the registered host as a prefix', 'https://app.example.evil.com/oauth/callback'],
    ['the registered host as a suffix', 'https://evilapp.example/oauth/callback'],
    ['a final dot of the host', 'https://app.example./oauth/callback'],
    ['the default port', 'https://app.example:443/oauth/callback'],
    ['another port', 'https://app.example:8443/oauth/callback'],
    ['another scheme', 'http://app.example/oauth/callback'],
    ['a backslash before the path', 'https://app.example\\oauth/callback'],
    ['a backslash before the host of an attacker', 'https://evil.example\\@app.example/oauth/callback'],
    ['a tab', 'https://app.example/oauth/call\tback'],
    ['a line break', 'https://app.example/oauth/callback\r\n'],
    ['a leading space', ' https://app.example/oauth/callback'],
    ['a null character', 'https://app.example/oauth/callback\0'],
    ['a letter that only looks the same', 'https://app.example/oauth/c\u0430llback'],
    ['a full-width dot in the host', 'https://app\uff0eexample/oauth/callback'],
    ['nothing', ''],
  ])('B1 A002 refuses %s', (_name, requested) => {
    expect(matchesRedirectURI(requested, registered)).toBe(false)
  })

  it.each([
    [
      'the punycode form of a registered Unicode host',
      'https://xn--bcher-kva.example/cb',
      'https://b\u00fccher.example/cb',
    ],
    [
      'the Unicode form of a registered punycode host',
      'https://b\u00fccher.example/cb',
      'https://xn--bcher-kva.example/cb',
    ],
    ['a loopback port of an https URI', 'https://localhost:8443/cb', 'https://localhost/cb'],
    ['another port of a private-use scheme', 'cursor://app:1/cb', 'cursor://app/cb'],
  ])('B1 A002 refuses %s', (_name, requested, known) => {
    expect(matchesRedirectURI(requested, known)).toBe(false)
  })
})

describe('loopback redirect URIs', () => {
  it.each([
    ['http://127.0.0.1:51004/callback', 'http://127.0.0.1/callback'],
    ['http://127.0.0.1:51004/callback', 'http://127.0.0.1:8787/callback'],
    ['http://127.0.0.1/callback', 'http://127.0.0.1:8787/callback'],
    ['http://[::1]:51004/callback', 'http://[::1]/callback'],
    ['http://localhost:51004/callback', 'http://localhost:8787/callback'],
    ['http://localhost:65535/callback?from=cli', 'http://localhost/callback?from=cli'],
    ['http://127.0.0.1:33418/', 'http://127.0.0.1/'],
    ['http://127.0.0.1:33418', 'http://127.0.0.1'],
  ])('A003 lets a native client choose the port: %s for %s', (requested, registered) => {
    expect(matchesRedirectURI(requested, registered)).toBe(true)
  })

  it.each([
    ['127.0.0.1 for localhost', 'http://127.0.0.1:1/callback', 'http://localhost/callback'],
    ['localhost for 127.0.0.1', 'http://localhost:1/callback', 'http://127.0.0.1/callback'],
    ['IPv6 for IPv4', 'http://[::1]:1/callback', 'http://127.0.0.1/callback'],
    ['another path', 'http://127.0.0.1:1/other', 'http://127.0.0.1/callback'],
    ['another case of the path', 'http://127.0.0.1:1/Callback', 'http://127.0.0.1/callback'],
    ['a trailing slash', 'http://127.0.0.1:1/callback/', 'http://127.0.0.1/callback'],
    ['a dot segment with a path parameter', 'http://127.0.0.1:1/callback/..;/x', 'http://127.0.0.1/callback'],
    ['an escaped dot segment', 'http://127.0.0.1:1/%2e/callback', 'http://127.0.0.1/callback'],
    ['another query', 'http://127.0.0.1:1/callback?a=2', 'http://127.0.0.1/callback?a=1'],
    ['an extra query', 'http://127.0.0.1:1/callback?a=1', 'http://127.0.0.1/callback'],
    ['a fragment', 'http://127.0.0.1:1/callback#x', 'http://127.0.0.1/callback'],
    ['https', 'https://127.0.0.1:1/callback', 'http://127.0.0.1/callback'],
    ['another case of the scheme', 'HTTP://127.0.0.1:1/callback', 'http://127.0.0.1/callback'],
    ['another case of the host', 'http://LOCALHOST:1/callback', 'http://localhost/callback'],
    ['a host that begins with the address', 'http://127.0.0.1.evil.com/callback', 'http://127.0.0.1/callback'],
    [
      'a host that begins with the address and a port',
      'http://127.0.0.1:1.evil.com/callback',
      'http://127.0.0.1/callback',
    ],
    ['a port that is a password', 'http://localhost:1@evil/callback', 'http://localhost/callback'],
    ['a host that is a user name', 'http://localhost@evil/callback', 'http://localhost/callback'],
    ['a backslash after the port', 'http://localhost:1\\@evil/callback', 'http://localhost/callback'],
    ['another loopback address', 'http://127.0.0.2:1/callback', 'http://127.0.0.1/callback'],
    ['a decimal address', 'http://2130706433:1/callback', 'http://127.0.0.1/callback'],
    ['a hexadecimal address', 'http://0x7f000001:1/callback', 'http://127.0.0.1/callback'],
    ['a short address', 'http://127.1:1/callback', 'http://127.0.0.1/callback'],
    ['a long form of the IPv6 address', 'http://[0:0:0:0:0:0:0:1]:1/callback', 'http://[::1]/callback'],
    ['an IPv4 address in IPv6', 'http://[::ffff:127.0.0.1]:1/callback', 'http://127.0.0.1/callback'],
    ['an IPv6 zone', 'http://[::1%25lo]:1/callback', 'http://[::1]/callback'],
    ['a final dot', 'http://localhost.:1/callback', 'http://localhost/callback'],
    ['a subdomain of localhost', 'http://evil.localhost:1/callback', 'http://localhost/callback'],
    ['an empty port', 'http://localhost:/callback', 'http://localhost/callback'],
    ['a port that is no port', 'http://127.0.0.1:99999/callback', 'http://127.0.0.1/callback'],
    ['a port of six digits', 'http://127.0.0.1:100000/callback', 'http://127.0.0.1/callback'],
    ['a line break in the path', 'http://127.0.0.1:1/callback\r\nX: y', 'http://127.0.0.1/callback\r\nX: y'],
  ])('A003 B1 refuses %s', (_name, requested, registered) => {
    expect(matchesRedirectURI(requested, registered)).toBe(false)
  })

  it('A003 B1 accepts nothing but a port, whatever is tried in its place', () => {
    const piece = fc.oneof(fc.constantFrom(':1', ':', '1', '80', '@', '.', '/', '\\', '#', '?'), anyText(3))
    const tried = fc.sample(fc.array(piece, { minLength: 1, maxLength: 3 }), 2000).map((pieces) => pieces.join(''))
    const accepted = tried.filter((text) =>
      matchesRedirectURI(`http://localhost${text}/callback`, 'http://localhost/callback'),
    )
    expect(accepted).toContain(':1')
    expect(accepted.filter((text) => !/^(:\d{1,5})?$/.test(text))).toEqual([])
  })

  it.each([
    ['http://localhost/cb', true],
    ['http://127.0.0.1:8080/cb', true],
    ['http://[::1]:8080/cb', true],
    ['http://LOCALHOST:8080/cb', true],
    ['HTTP://localhost/cb', true],
    ['https://app.example/cb', false],
    ['http://127.0.0.1.evil.com/cb', false],
    ['http://localhost:1@evil.example/cb', false],
    ['cursor://localhost/cb', false],
  ])('A9 knows whether %s leads to the own machine', (uri, expected) => {
    expect(isLoopbackRedirectURI(uri)).toBe(expected)
  })
})

describe('which redirect URIs may be registered', () => {
  it.each([
    ['https', 'https://claude.ai/api/mcp/auth_callback'],
    ['https with a port', 'https://app.example:8443/cb'],
    ['https with the default port', 'https://app.example:443/cb'],
    ['https with a query', 'https://app.example/cb?tenant=a%20b'],
    ['https with an upper-case host', 'https://App.Example/cb'],
    ['https without a path', 'https://app.example'],
    ['https with a punycode host', 'https://xn--bcher-kva.example/cb'],
    ['http on 127.0.0.1', 'http://127.0.0.1:32767/callback'],
    ['http on IPv6 loopback', 'http://[::1]:32767/callback'],
    ['http on localhost', 'http://localhost/callback'],
    ['a known private-use scheme', 'cursor://anysphere.cursor-mcp/oauth/callback'],
    ['a known private-use scheme with a hyphen', 'vscode-insiders://vscode.github-authentication/did-authenticate'],
    ['a private-use scheme in reverse-domain form', 'com.example.app://oauth/callback'],
  ])('B2 accepts %s', (_name, uri) => {
    expect(isRegistrableRedirectURI(uri)).toBe(true)
  })

  it.each([
    ['javascript', 'javascript:alert(1)'],
    ['javascript in mixed case', 'jAvAsCrIpT:alert(1)'],
    ['javascript with a host', 'javascript://app.example/%0aalert(1)'],
    ['javascript after a control character', '\x01javascript:alert(1)'],
    ['javascript with a tab inside', 'java\tscript:alert(1)'],
    ['data', 'data:text/html,<script>alert(1)</script>'],
    ['data with slashes', 'data://text/html;base64,PHNjcmlwdD4='],
    ['vbscript', 'vbscript:msgbox(1)'],
    ['file', 'file:///etc/passwd'],
    ['file with a host', 'file://localhost/etc/passwd'],
    ['blob', 'blob:https://app.example/1'],
    ['view-source', 'view-source://app.example/'],
    ['about', 'about:blank'],
    ['ftp', 'ftp://app.example/cb'],
    ['wss', 'wss://app.example/cb'],
    ['mailto', 'mailto:a@app.example'],
    ['an unknown private-use scheme', 'myapp://oauth/callback'],
    ['the copied out-of-band form', 'urn:ietf:wg:oauth:2.0:oob'],
    ['http on a real host', 'http://app.example/cb'],
    ['http on a private address', 'http://192.168.0.1/cb'],
    ['http on all addresses', 'http://0.0.0.0:8080/cb'],
    ['http on another loopback address', 'http://127.0.0.2/cb'],
    ['http on a host that begins like loopback', 'http://127.0.0.1.evil.com/cb'],
    ['http on a host that ends like localhost', 'http://localhost.evil.com/cb'],
    ['http on a subdomain of localhost', 'http://app.localhost/cb'],
    ['http with loopback as user information', 'http://localhost:1@evil.example/cb'],
    ['http on a decimal loopback address', 'http://2130706433/cb'],
    ['http on a hexadecimal loopback address', 'http://0x7f000001/cb'],
    ['http on an octal loopback address', 'http://0177.0.0.1/cb'],
    ['http on a short loopback address', 'http://127.1/cb'],
    ['http on the long form of IPv6 loopback', 'http://[0:0:0:0:0:0:0:1]/cb'],
    ['http on IPv4 loopback in IPv6', 'http://[::ffff:127.0.0.1]/cb'],
    ['http on loopback with a final dot', 'http://127.0.0.1./cb'],
    ['http on escaped loopback', 'http://%3127.0.0.1/cb'],
    ['https with a decimal address', 'https://2130706433/cb'],
    ['a fragment', 'https://app.example/cb#fragment'],
    ['an empty fragment', 'https://app.example/cb#'],
    ['a user name', 'https://user@app.example/cb'],
    ['a user name and a password', 'https://user:password@app.example/cb'],
    ['an empty user name', 'https://@app.example/cb'],
    ['a wildcard host', 'https://*.app.example/cb'],
    ['a wildcard path', 'https://app.example/*'],
    ['a relative path', '/callback'],
    ['a relative reference with a host', '//app.example/cb'],
    ['no host', 'https:///cb'],
    ['no slashes', 'https:app.example/cb'],
    ['an empty port', 'https://app.example:/cb'],
    ['a port that is no port', 'https://app.example:99999/cb'],
    ['a dot segment', 'https://app.example/a/../cb'],
    ['an escaped dot segment', 'https://app.example/a/%2e%2e/cb'],
    ['a half-escaped dot segment', 'https://app.example/a/.%2e/cb'],
    ['a backslash', 'https://app.example\\cb'],
    ['a backslash that hides the host', 'https://evil.example\\@app.example/cb'],
    ['a tab', 'https://app.example/c\tb'],
    ['a carriage return', 'https://app.example/cb\r'],
    ['a line feed', 'https://app.example/cb\n'],
    ['a leading space', ' https://app.example/cb'],
    ['a quotation mark', 'https://app.example/"cb'],
    ['an angle bracket', 'https://app.example/<cb'],
    ['a Unicode host', 'https://b\u00fccher.example/cb'],
    ['a letter that only looks Latin', 'https://\u0430pp.example/cb'],
    ['a full-width host', 'https://\uff41pp.example/cb'],
    ['an escaped host', 'https://%61pp.example/cb'],
    ['an empty text', ''],
    ['more than 2048 characters', `https://app.example/${'a'.repeat(2048)}`],
  ])('A083 B2 refuses %s', (_name, uri) => {
    expect(isRegistrableRedirectURI(uri)).toBe(false)
  })

  it('B2 takes a private-use scheme from an explicit list, and only from there', () => {
    expect(isRegistrableRedirectURI('myapp://oauth/callback', ['myapp'])).toBe(true)
    expect(isRegistrableRedirectURI('cursor://anysphere.cursor-mcp/oauth/callback', ['myapp'])).toBe(false)
  })

  it.each(['javascript', 'data', 'vbscript', 'file', 'blob', 'about'])(
    'B2 refuses %s even when the operator lists it',
    (scheme) => {
      expect(isRegistrableRedirectURI(`${scheme}://app/cb`, [scheme])).toBe(false)
    },
  )

  it('B1 accepts nothing that a browser would read differently from how it is written', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '@',
        '\\',
        '/',
        '//',
        '..',
        '%2e',
        '#',
        '?',
        ':',
        '[',
        ']',
        '.',
        ';',
        '\t',
        '\n',
        'localhost',
        '127.0.0.1',
        'evil.example',
      ),
      anyText(3),
    )
    const uri = fc
      .tuple(fc.constantFrom('https://', 'http://', 'cursor://', ''), fc.array(piece, { maxLength: 8 }))
      .map(([start, pieces]) => start + pieces.join(''))
    const accepted = fc.sample(uri, 2000).filter((value) => isRegistrableRedirectURI(value))
    expect(accepted.length).toBeGreaterThan(0)
    for (const value of accepted) {
      const { protocol, username, password, hostname, pathname, hash } = new URL(value)
      expect([username, password, hash]).toEqual(['', '', ''])
      // A scheme with a dot is somebody's domain in reverse.
      const isPrivateUse = protocol.includes('.') || knownPrivateUseSchemes.some((scheme) => protocol === `${scheme}:`)
      expect([protocol, isPrivateUse || ['https:', 'http:'].includes(protocol)]).toEqual([protocol, true])
      expect(protocol !== 'http:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname)).toBe(true)
      expect(value.toLowerCase().startsWith(`${protocol}//${hostname}`)).toBe(true)
      expect(`${value}/`).toContain(pathname)
    }
  })
})
