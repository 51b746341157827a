/** Where documents are fetched from, and how much of them: A074 to A077, over real sockets. */
import { promises as dns } from 'node:dns'
import { setImmediate } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import { startAtOnePort } from '../../core/test/support/same-port.ts'
import { holdDeadlines } from '../../testing/src/support/deadlines.ts'
import { outcome } from './support/answers.ts'
import { createBrowser } from './support/browser.ts'
import { openConsent, refresh } from './support/client.ts'
import {
  clientDocument,
  type DocumentAnswer,
  type DocumentHost,
  publishClient,
  startDocumentHost,
  startWithDocuments,
} from './support/document-host.ts'
import { localPage, shownBy } from './support/pages.ts'
import type { TestServer } from './support/server.ts'
import { startServer } from './support/start.ts'

// 127.0.0.2 stands for a public address: this machine has no other.
vi.mock(import('../../core/src/protocol/ip-address.ts'), async (original) => {
  const actual = await original()
  return { ...actual, isPublicAddress: (text: string) => text === '127.0.0.2' || actual.isPublicAddress(text) }
})

/** A host that would answer, and a server that may not ask it, though the network of the test lets it. */
async function startCanary(hostname: string): Promise<{ canary: DocumentHost; server: TestServer; id: string }> {
  const canary = await startDocumentHost()
  const id = `https://${hostname}:${canary.port}/client.json`
  canary.answer('/client.json', { body: clientDocument(id) })
  return { canary, id, server: await startServer({ httpsHosts: [hostname, new URL(id).hostname] }) }
}

/** What the client gets at both endpoints that look it up. */
async function answers(server: TestServer, client_id: string): Promise<[number, string]> {
  const page = await openConsent(server, { client_id }, createBrowser())
  expect(shownBy(page)).toEqual(localPage(page.status))
  return [page.status, outcome(await refresh(server, { client_id }, 'x'))]
}

const refusedEverywhere = [400, '401 invalid_client']

describe('addresses', () => {
  it.each([
    ['loopback', '127.0.0.1'],
    ['another one of loopback', '127.0.0.3'],
    ['loopback in decimal', '2130706433'],
    ['loopback in hexadecimal', '0x7f000001'],
    ['loopback in dotted hexadecimal', '0x7f.0x0.0x0.0x1'],
    ['loopback in octal', '0177.0.0.01'],
    ['loopback in short', '127.1'],
    ['IPv6 loopback', '[::1]'],
    ['mapped loopback', '[::ffff:127.0.0.1]'],
    ['mapped loopback as URLs have it', '[::ffff:7f00:1]'],
    ['NAT64', '[64:ff9b::7f00:1]'],
    ['6to4', '[2002:7f00:1::]'],
    ['Teredo', '[2001:0:4136:e378:8000:63bf:3fff:fdd2]'],
    ['every address', '0.0.0.0'],
    ['every IPv6 address', '[::]'],
    ['a private network', '10.0.0.1'],
    ['another private network', '172.16.0.1'],
    ['a home network', '192.168.0.1'],
    ['link-local', '169.254.10.20'],
    ['IPv6 link-local', '[fe80::1]'],
    ['unique local', '[fd12:3456:789a::1]'],
    ['the metadata service', '169.254.169.254'],
    ['the metadata service as a number', '2852039166'],
    ['the metadata service over IPv6', '[fd00:ec2::254]'],
    ['a carrier', '100.64.0.1'],
    ['loopback by name', 'localhost'],
    ['below loopback by name', 'client.localhost'],
    ['a name without a dot', 'intranet'],
  ])('A074 A075 D1 nobody connects to %s: %s', async (_name, hostname) => {
    const { canary, server, id } = await startCanary(hostname)
    expect(await answers(server, id)).toEqual(refusedEverywhere)
    expect(canary.connections()).toBe(0)
  })

  it('A074 D1 nobody connects to a host that is allowed at another port', async () => {
    const { canary, id } = await startCanary('localhost')
    const clientIdMetadata = { dangerouslyAllowedHosts: [`localhost:${canary.port + 1}`, 'localhost:443'] }
    const server = await startServer({ httpsHosts: ['localhost'], clientIdMetadata })
    expect(await answers(server, id)).toEqual(refusedEverywhere)
    expect(canary.connections()).toBe(0)
  })
})

describe('names', () => {
  /** A host at a public address with a canary at the same port of loopback, and what the DNS says. */
  async function startNamed(...rounds: readonly (readonly string[])[]) {
    const [host, canary] = await startAtOnePort(
      async () => await startDocumentHost({ address: '127.0.0.2' }),
      async (port) => await startDocumentHost({ port }),
    )
    const id = `https://client.example:${host.port}/client.json`
    for (const one of [host, canary])
      one.answer('/client.json', { body: clientDocument(id), headers: { 'cache-control': 'no-store' } })
    const resolve4 = vi.spyOn(dns.Resolver.prototype, 'resolve4')
    for (const addresses of rounds) resolve4.mockResolvedValueOnce([...addresses] as never)
    vi.spyOn(dns.Resolver.prototype, 'resolve6').mockRejectedValue(new Error('queryAaaa ENODATA'))
    return { host, canary, id, server: await startServer({ httpsHosts: ['client.example'] }) }
  }

  it.each([
    ['is private', ['127.0.0.1']],
    ['is private besides', ['127.0.0.2', '127.0.0.1']],
    ['is private first', ['127.0.0.1', '127.0.0.2']],
    ['is the metadata service besides', ['127.0.0.2', '169.254.169.254']],
  ])('A075 D1 nobody connects to a name whose address %s', async (_name, addresses) => {
    const { host, canary, id, server } = await startNamed(addresses, addresses)
    expect(await answers(server, id)).toEqual(refusedEverywhere)
    expect([host.connections(), canary.connections()]).toEqual([0, 0])
  })

  it('A075 D1 a name is connected to at the address that was judged, whatever it is said to be next', async () => {
    const { host, canary, id, server } = await startNamed(['127.0.0.2'], ['127.0.0.1'])
    const client = { client_id: id }
    expect((await openConsent(server, client, createBrowser())).status).toBe(200)
    expect((await openConsent(server, client, createBrowser())).status).toBe(400)
    expect([host.connections(), canary.connections()]).toEqual([1, 0])
    expect(vi.mocked(dns.Resolver.prototype.resolve4)).toHaveBeenCalledTimes(2)
  })
})

describe('redirects', () => {
  it.each([301, 302, 303, 307, 308])('A076 %i is no document, and nobody goes where it leads', async (status) => {
    const canary = await startDocumentHost()
    const { host, server } = await startWithDocuments()
    const client = { client_id: `${host.origin}/client.json` }
    canary.answer('/client.json', { body: clientDocument(client.client_id) })
    const body = clientDocument(client.client_id)
    host.answer('/client.json', { status, headers: { location: `${canary.origin}/client.json` }, body })
    expect(await answers(server, client.client_id)).toEqual(refusedEverywhere)
    expect(canary.connections()).toBe(0)
    expect(new Set(host.requests)).toEqual(new Set(['/client.json']))
  })

  it('A076 not even to the same host, allowed though it is', async () => {
    const { host, server } = await startWithDocuments()
    const other = publishClient(host, {}, { path: '/other.json' })
    host.answer('/client.json', { status: 302, headers: { location: other.client_id } })
    expect(await answers(server, `${host.origin}/client.json`)).toEqual(refusedEverywhere)
    expect(host.requests).not.toContain('/other.json')
  })
})

describe('bounds', () => {
  /** A document of so many bytes. */
  const ofBytes = (url: string, bytes: number): string => {
    const text = JSON.stringify(clientDocument(url))
    return text + ' '.repeat(bytes - Buffer.byteLength(text))
  }

  it('A077 a document of 5 KB is read', async () => {
    const { host, server } = await startWithDocuments()
    const url = `${host.origin}/client.json`
    host.answer('/client.json', { body: ofBytes(url, 5120) })
    expect((await openConsent(server, { client_id: url }, createBrowser())).status).toBe(200)
  })

  it.each<[string, (url: string) => DocumentAnswer]>([
    ['is a byte longer', (url) => ({ body: ofBytes(url, 5121) })],
    [
      'is packed, and endless when unpacked',
      (url) => (_request, response) => {
        const bomb = gzipSync(ofBytes(url, 20_000_000))
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb)
      },
    ],
    [
      'is packed, small as it is',
      (url) => (_request, response) => {
        const packed = gzipSync(JSON.stringify(clientDocument(url)))
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(packed)
      },
    ],
    [
      'has no end',
      () => (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).on('error', () => {})
        const more = (): void => {
          if (response.destroyed) return
          if (response.write(' '.repeat(65_536))) void setImmediate().then(more)
          else response.once('drain', more)
        }
        more()
      },
    ],
  ])('A077 a document that %s is refused', async (_name, answerFor) => {
    const { host, server } = await startWithDocuments()
    const url = `${host.origin}/client.json`
    host.answer('/client.json', answerFor(url))
    expect(await answers(server, url)).toEqual(refusedEverywhere)
  })

  it('A077 D9 hosts that take forever are given up after five seconds, and the person may try again', async () => {
    const deadlines = holdDeadlines()
    const { host, server } = await startWithDocuments()
    let begun = 0
    const begin = (): void => {
      if ((begun += 1) === 3) deadlines.endSoon()
    }
    host.answer('/silent', begin)
    host.answer('/headers', (_request, response) => {
      response.socket?.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Slow: ')
      begin()
    })
    host.answer('/body', (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"client_id":')
      begin()
    })
    const pages = await Promise.all(
      ['/silent', '/headers', '/body'].map(
        async (path) => await openConsent(server, { client_id: host.origin + path }, createBrowser()),
      ),
    )
    expect(deadlines.limits).toEqual([5000, 5000, 5000])
    for (const page of pages) {
      expect(shownBy(page)).toEqual(localPage(503))
      expect(page.headers.get('retry-after')).toMatch(/^[1-9]\d?$/)
    }
  })

  it.each([500, 502, 503, 429])('A077 D9 a host that answers %i may do better later', async (status) => {
    const { host, server } = await startWithDocuments()
    host.answer('/client.json', { status })
    expect(await answers(server, `${host.origin}/client.json`)).toEqual([503, '503 temporarily_unavailable'])
  })

  it('A077 D9 a host that is away may be back later', async () => {
    const { host, server } = await startWithDocuments()
    const { client_id } = publishClient(host)
    host.setDown(true)
    expect(await answers(server, client_id)).toEqual([503, '503 temporarily_unavailable'])
    host.setDown(false)
    server.clock.advance(60)
    expect(await answers(server, client_id)).toEqual([200, '400 invalid_grant'])
  })
})
