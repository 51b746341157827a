import { describe, expect, it } from 'vitest'
import { platform } from '#platform'
import { type ClientDocumentPolicy, resolveDocumentPolicy } from '../src/clients/client-document-policy.ts'
import type { PublicFetch } from '../src/platform/public-fetch.ts'
import { misconfiguration } from './support/refusal.ts'

const own: PublicFetch = async () => await Promise.reject(new Error('not called here'))

describe('hosts', () => {
  it.each<[string, ClientDocumentPolicy, string, boolean]>([
    ['any host', {}, 'client.example', true],
    ['an allowed host', { allowedHosts: ['client.example'] }, 'client.example', true],
    ['a name below it', { allowedHosts: ['client.example'] }, 'a.b.client.example', true],
    ['an allowed host in capitals', { allowedHosts: ['Client.Example'] }, 'client.example', true],
    ['another host', { allowedHosts: ['client.example'] }, 'other.example', false],
    ['one that ends like it', { allowedHosts: ['client.example'] }, 'evilclient.example', false],
    ['one that begins like it', { allowedHosts: ['client.example'] }, 'client.example.evil.example', false],
    ['a host above it', { allowedHosts: ['client.example'] }, 'example', false],
    ['none, when none is allowed', { allowedHosts: [] }, 'client.example', false],
    ['a denied host', { deniedHosts: ['evil.example'] }, 'evil.example', false],
    ['a denied host with a final dot', { deniedHosts: ['evil.example'] }, 'evil.example.', false],
    ['a name below a denied one', { deniedHosts: ['evil.example'] }, 'a.evil.example', false],
    ['a denied host in capitals', { deniedHosts: ['EVIL.example'] }, 'evil.example', false],
    ['a host beside a denied one', { deniedHosts: ['evil.example'] }, 'client.example', true],
    [
      'what is both',
      { allowedHosts: ['client.example'], deniedHosts: ['a.client.example'] },
      'a.client.example',
      false,
    ],
    ['an address', { allowedHosts: ['203.0.113.7', '[2001:db8::1]'] }, '[2001:db8::1]', true],
  ])('A080 let a document name a client or not: %s', (_name, policy, host, isAllowed) => {
    expect(resolveDocumentPolicy(policy).mayName(host)).toBe(isAllowed)
  })

  it('A080 are for names: keys may be elsewhere, but not on a denied host', () => {
    const { mayFetch } = resolveDocumentPolicy({ allowedHosts: ['client.example'], deniedHosts: ['evil.example'] })
    expect(['keys.example', 'evil.example', 'a.evil.example'].map(mayFetch)).toEqual([true, false, false])
  })

  it.each([
    '',
    '.',
    'https://evil.example',
    'evil.example/',
    'evil.example:443',
    '*.evil.example',
    '.evil.example',
    'evil.example.',
    'evil..example',
    'evil example',
    'user@evil.example',
    'evil.example?',
    '2130706433',
    'b\u00fccher.example',
    '::1',
  ])('A080 that would match nothing are refused when the server starts: %j', (host) => {
    for (const option of ['allowedHosts', 'deniedHosts'] as const) {
      expect(() => resolveDocumentPolicy({ [option]: ['client.example', host] })).toThrow(
        misconfiguration(`clientIdMetadata.${option}`, JSON.stringify(host)),
      )
    }
  })
})

describe('hosts that need not be public', () => {
  it('A070 are pairs of host and port', () => {
    const given = ['localhost:8443', 'Intranet.Example:443', '127.0.0.1:08443', '[::1]:8443']
    expect([...resolveDocumentPolicy({ dangerouslyAllowedHosts: given }).dangerouslyAllowedHosts]).toEqual([
      'localhost:8443',
      'intranet.example:443',
      '127.0.0.1:8443',
      '[::1]:8443',
    ])
  })

  it.each([
    'localhost',
    'localhost:',
    ':8443',
    'https://localhost:8443',
    '::1:8443',
    'localhost:8443/',
    'localhost:port',
    '',
  ])('D1 are refused in any other form: %j', (authority) => {
    expect(() => resolveDocumentPolicy({ dangerouslyAllowedHosts: [authority] })).toThrow(
      misconfiguration('clientIdMetadata.dangerouslyAllowedHosts', JSON.stringify(authority)),
    )
  })
})

describe('the switch', () => {
  it('A069 is on where the platform can choose the address it connects to, unless it is turned off', () => {
    const { fetchPublicDocument } = platform
    expect(resolveDocumentPolicy({})).toMatchObject({ enabled: true, fetch: fetchPublicDocument })
    expect(resolveDocumentPolicy({ enabled: true }).enabled).toBe(true)
    expect(resolveDocumentPolicy({ enabled: false }).enabled).toBe(false)
    expect(resolveDocumentPolicy({ fetch: own }).fetch).toBe(own)
  })
})
