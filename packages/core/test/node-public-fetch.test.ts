import { promises as dns } from 'node:dns'
import type { RequestListener } from 'node:http'
import { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import { fetchPublicDocument } from '../src/platform/node-public-fetch.ts'
import { type PublicDocument, PublicFetchError } from '../src/platform/public-fetch.ts'
import { startTCPServer, startTLSServer } from './support/tls-server.ts'

/** Fetches; `allowed` lists hosts that need not be public. */
async function get(
  url: string,
  {
    allowed = [],
    maxBytes = 5120,
    timeoutMilliseconds = 5000,
  }: Partial<Record<'maxBytes' | 'timeoutMilliseconds', number>> & {
    readonly allowed?: readonly string[]
  } = {},
): Promise<PublicDocument> {
  const dangerouslyAllowedHosts = new Set(allowed)
  return await fetchPublicDocument(new URL(url), { maxBytes, timeoutMilliseconds, dangerouslyAllowedHosts })
}

/** How a fetch failed. */
async function failure(fetching: Promise<PublicDocument>): Promise<string> {
  const error = await fetching.then(
    ({ status }) => new Error(`answered ${status}`),
    (thrown: unknown) => thrown,
  )
  return error instanceof PublicFetchError ? `${error.kind}: ${error.message}` : String(error)
}

/** Fetches from a server that answers so. */
async function getFrom(listener: RequestListener, options: Parameters<typeof get>[1] = {}): Promise<PublicDocument> {
  const { port } = await startTLSServer(listener)
  return await get(`https://localhost:${port}/client.json`, { ...options, allowed: [`localhost:${port}`] })
}

describe('where it does not go', () => {
  it.each([
    ['loopback', '127.0.0.1'],
    ['loopback in decimal', '2130706433'],
    ['loopback in hexadecimal', '0x7f000001'],
    ['loopback in octal', '0177.0.0.1'],
    ['loopback in short', '127.1'],
    ['IPv6 loopback', '[::1]'],
    ['mapped loopback', '[::ffff:127.0.0.1]'],
    ['compatible loopback', '[::127.0.0.1]'],
    ['any address', '0.0.0.0'],
    ['any IPv6 address', '[::]'],
    ['a private network', '10.0.0.1'],
    ['a private network', '192.168.1.1'],
    ['link-local', '169.254.10.20'],
    ['the metadata service', '169.254.169.254'],
    ['the metadata service in decimal', '2852039166'],
    ['the metadata service over IPv6', '[fd00:ec2::254]'],
    ['IPv6 link-local', '[fe80::1]'],
    ['NAT64', '[64:ff9b::127.0.0.1]'],
    ['6to4', '[2002:7f00:1::]'],
    ['Teredo', '[2001:0:4136:e378:8000:63bf:3fff:fdd2]'],
  ])('A074 D1 opens no connection to %s: %s', async (_name, host) => {
    const canary = await startTCPServer()
    const connect = vi.spyOn(Socket.prototype, 'connect')
    expect(await failure(get(`https://${host}:${canary.port}/client.json`))).toBe('refused: not a public address')
    expect(connect).not.toHaveBeenCalled()
    expect(canary.connections()).toBe(0)
  })

  it.each(['localhost', 'app.localhost', 'intranet', 'metadata.google.internal', 'printer.local', 'intranet.'])(
    'A075 D1 does not even look %s up',
    async (name) => {
      const canary = await startTCPServer()
      const lookups = [
        vi.spyOn(dns, 'lookup'),
        vi.spyOn(dns.Resolver.prototype, 'resolve4'),
        vi.spyOn(dns.Resolver.prototype, 'resolve6'),
      ]
      expect(await failure(get(`https://${name}:${canary.port}/client.json`))).toBe('refused: not a public name')
      for (const lookup of lookups) expect(lookup).not.toHaveBeenCalled()
      expect(canary.connections()).toBe(0)
    },
  )

  it.each(['http:', 'ftp:', 'file:', 'data:'])('D1 speaks nothing but https: %s', async (scheme) => {
    expect(await failure(get(`${scheme}//example.com/client.json`))).toBe('refused: not https')
  })

  it('D1 goes to an allowed host at its one port only', async () => {
    const canary = await startTCPServer()
    const allowed = [`localhost:${canary.port + 1}`, 'localhost:443', `127.0.0.1:${canary.port + 1}`]
    expect(await failure(get(`https://localhost:${canary.port}/`, { allowed }))).toBe('refused: not a public name')
    expect(await failure(get(`https://127.0.0.1:${canary.port}/`, { allowed }))).toBe('refused: not a public address')
    expect(canary.connections()).toBe(0)
  })

  it('A076 D1 gives a redirect back and never goes where it leads', async () => {
    const canary = await startTCPServer()
    const location = `https://127.0.0.1:${canary.port}/client.json`
    const document = await getFrom((_request, response) => response.writeHead(302, { location }).end())
    expect(document.status).toBe(302)
    expect(canary.connections()).toBe(0)
  })
})

describe('what it sends and gives back', () => {
  it('A070 asks for JSON as it is, and tells nothing about anybody', async () => {
    const seen: unknown[] = []
    const document = await getFrom((request, response) => {
      seen.push([request.method, request.url, Object.keys(request.headers).sort()])
      seen.push([request.headers.accept, request.headers['accept-encoding']])
      response.writeHead(200, { 'Content-Type': 'application/json', 'X-Twice': ['a', 'b'] }).end('{"a":"\u00e4"}')
    })
    const names = ['accept', 'accept-encoding', 'connection', 'host', 'user-agent']
    expect(seen).toEqual([
      ['GET', '/client.json', names],
      ['application/json', 'identity'],
    ])
    expect([document.status, document.text]).toEqual([200, '{"a":"\u00e4"}'])
    const { headers } = document
    expect([headers.get('Content-Type'), headers.get('x-twice'), headers.get('x-absent')]).toEqual([
      'application/json',
      'a, b',
      null,
    ])
  })

  it('A070 sends path and query, and no fragment', async () => {
    const urls: (string | undefined)[] = []
    const { port } = await startTLSServer((request, response) => {
      urls.push(request.url)
      response.end()
    })
    await get(`https://localhost:${port}/a%20b/client?v=1&w=%2f#top`, { allowed: [`localhost:${port}`] })
    expect(urls).toEqual(['/a%20b/client?v=1&w=%2f'])
  })

  it('D1 keeps no connection open', async () => {
    const server = await startTLSServer((_request, response) => response.end('{}'))
    await get(`https://localhost:${server.port}/`, { allowed: [`localhost:${server.port}`] })
    await server.idle()
    expect(server.connections()).toBe(1)
  })
})

describe('bounds', () => {
  it('A077 reads as many bytes as it may', async () => {
    const document = await getFrom((_request, response) => response.end('x'.repeat(5120)))
    expect(document.text).toHaveLength(5120)
  })

  it.each<[string, RequestListener]>([
    ['one byte more', (_request, response) => response.end('x'.repeat(5121))],
    ['one byte more, in characters of two', (_request, response) => response.end(`${'\u00e4'.repeat(2560)}x`)],
    [
      'a body without end',
      (_request, response) => {
        const more = (): void => {
          if (response.write('x'.repeat(65_536))) void setImmediate().then(more)
          else response.once('drain', more)
        }
        response.on('error', () => {})
        more()
      },
    ],
  ])('A077 refuses %s', async (_name, listener) => {
    expect(await failure(getFrom(listener))).toBe('refused: too long')
  })

  it.each(['gzip', 'deflate', 'br', 'zstd', 'GZIP', 'identity, gzip'])(
    'A077 refuses a body that says it is %s, and unpacks nothing',
    async (encoding) => {
      const bomb = gzipSync(Buffer.alloc(10_000_000))
      const fetching = getFrom((_request, response) =>
        response.writeHead(200, { 'content-encoding': encoding }).end(bomb),
      )
      expect(await failure(fetching)).toBe('refused: an encoding nobody asked for')
    },
  )

  it.each<[string, RequestListener]>([
    ['never answers', () => {}],
    ['begins its headers', (_request, response) => void response.socket?.write('HTTP/1.1 200 OK\r\nX-Slow: ')],
    ['begins its body', (_request, response) => void response.writeHead(200).write('{"client_id":')],
    ['only ever promises', (_request, response) => response.writeProcessing()],
    [
      'switches protocols',
      (_request, response) =>
        void response.socket?.write('HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
    ],
  ])('A077 gives up on a host that %s', async (_name, listener) => {
    // The time ends once the host has said what it has to say.
    const over = new AbortController()
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(over.signal)
    const fetching = getFrom(
      (request, response) => {
        listener(request, response)
        setTimeout(() => over.abort(), 100)
      },
      { timeoutMilliseconds: 150 },
    )
    expect(await failure(fetching)).toMatch(/^unreachable: /)
    expect(timeout).toHaveBeenCalledWith(150)
  })

  it('A077 gives up on a host that never finishes the handshake, and closes the connection', async () => {
    // The time ends when the connection is there, and not before on a machine that is busy.
    const over = new AbortController()
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(over.signal)
    const server = await startTCPServer(() => over.abort())
    const url = `https://localhost:${server.port}/`
    const options = { allowed: [`localhost:${server.port}`], timeoutMilliseconds: 150 }
    expect(await failure(get(url, options))).toBe('unreachable: no answer in time')
    expect(timeout).toHaveBeenCalledWith(150)
    await server.idle()
    expect(server.connections()).toBe(1)
  })

  it('A077 gives up on a name server that answers too late, and goes nowhere then', async () => {
    let late: (addresses: string[]) => void = () => {}
    const tooLate = async (): Promise<string[]> => await new Promise((resolve) => (late = resolve))
    vi.spyOn(dns.Resolver.prototype, 'resolve4').mockImplementation(tooLate as never)
    vi.spyOn(dns.Resolver.prototype, 'resolve6').mockRejectedValue(new Error('ENODATA'))
    const cancel = vi.spyOn(dns.Resolver.prototype, 'cancel')
    const connect = vi.spyOn(Socket.prototype, 'connect')
    const fetching = get('https://client.example/client.json', { timeoutMilliseconds: 100 })
    expect(await failure(fetching)).toBe('unreachable: no answer in time')
    expect(cancel).toHaveBeenCalled()
    late(['8.8.8.8'])
    await setImmediate()
    expect(connect).not.toHaveBeenCalled()
  })
})

describe('failures that may pass', () => {
  it.each<[string, RequestListener]>([
    ['hangs up', (_request, response) => response.destroy()],
    [
      'hangs up in its body',
      (_request, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{')
        setTimeout(() => response.destroy(), 20)
      },
    ],
    ['speaks something else', (_request, response) => void response.socket?.end('SSH-2.0-OpenSSH\r\n')],
    [
      'has endless headers',
      (_request, response) => void response.socket?.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(99_999)}`),
    ],
  ])('D9 tells a host that %s from one that is refused', async (_name, listener) => {
    expect(await failure(getFrom(listener))).toMatch(/^unreachable: /)
  })

  it('D9 tells a port nobody listens at from one that is refused', async () => {
    const { port } = await startTCPServer((socket) => socket.resetAndDestroy())
    expect(await failure(get(`https://localhost:${port}/`, { allowed: [`localhost:${port}`] }))).toBe(
      'unreachable: no answer',
    )
  })

  it('D1 takes no certificate that is for another name', async () => {
    const requests: unknown[] = []
    const server = await startTLSServer((request, response) => {
      requests.push(request.url)
      response.end('{}')
    })
    vi.spyOn(dns, 'lookup').mockImplementation(
      async () => await Promise.resolve([{ address: '127.0.0.1', family: 4 }] as never),
    )
    const allowed = [`evil.example:${server.port}`]
    expect(await failure(get(`https://evil.example:${server.port}/`, { allowed }))).toBe('unreachable: no answer')
    expect([server.connections(), requests]).toEqual([1, []])
  })

  it.each(['ENOTFOUND', 'ENODATA', 'ESERVFAIL', 'ETIMEOUT'])(
    'D9 waits for a name that has no address: %s',
    async (code) => {
      const error = Object.assign(new Error(code), { code })
      vi.spyOn(dns.Resolver.prototype, 'resolve4').mockRejectedValue(error)
      vi.spyOn(dns.Resolver.prototype, 'resolve6').mockRejectedValue(error)
      expect(await failure(get('https://client.example/'))).toBe('unreachable: the name has no address')
    },
  )

  it('D9 waits for an allowed host that has no address', async () => {
    vi.spyOn(dns, 'lookup').mockRejectedValue(Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' }))
    const allowed = ['client.intranet:443']
    expect(await failure(get('https://client.intranet/', { allowed }))).toBe('unreachable: the name has no address')
  })
})
