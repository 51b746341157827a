import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { platformFetch } from '../../src/platform/node-fetch.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** A server on loopback, and the connections that were made to it. */
async function serve(
  listener: (...parameters: Parameters<RequestListener>) => unknown,
): Promise<{ url: string; sockets: Socket[] }> {
  const sockets: Socket[] = []
  const server = createServer((request, response) => void listener(request, response)).on(
    'connection',
    (socket: Socket) => sockets.push(socket),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/path?query=1`, sockets }
}

async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  return await platformFetch(url, { ...init, redirect: 'manual' })
}

describe('a request', () => {
  interface Seen {
    readonly method: string | undefined
    readonly url: string | undefined
    readonly headers: IncomingMessage['headers']
    readonly body: string
  }

  async function seen(init: RequestInit): Promise<Seen> {
    const { url } = await serve(async (request, response) => {
      const { method, url: path, headers } = request
      response.end(JSON.stringify({ method, url: path, headers, body: await text(request) }))
    })
    return (await (await ask(url, init)).json()) as Seen
  }

  it('goes to the whole address, with its headers', async () => {
    const { method, url, headers, body } = await seen({ headers: { authorization: 'Bearer a', accept: 'text/plain' } })
    expect([method, url, body]).toEqual(['GET', '/path?query=1', ''])
    expect(headers).toMatchObject({ authorization: 'Bearer a', accept: 'text/plain', 'accept-encoding': 'identity' })
    expect(headers).not.toHaveProperty('content-length')
  })

  it('sends a form, and says that it is one', async () => {
    const { method, headers, body } = await seen({ method: 'POST', body: new URLSearchParams({ a: 'é &', b: '' }) })
    expect([method, body]).toEqual(['POST', 'a=%C3%A9+%26&b='])
    expect(headers).toMatchObject({ 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' })
  })

  it('sends a text with its length in bytes and the type it was given', async () => {
    const { headers, body } = await seen({ method: 'POST', body: '{"é":1}', headers: { 'Content-Type': 'a/b' } })
    expect(body).toBe('{"é":1}')
    expect(headers).toMatchObject({ 'content-type': 'a/b', 'content-length': '8' })
  })

  it('refuses a body that is neither', async () => {
    await expect(seen({ method: 'POST', body: new Blob(['a']) })).rejects.toThrow(TypeError)
  })
})

describe('an answer', () => {
  it.each([200, 400, 429, 500, 503])('has its status %i, its headers and its body', async (status) => {
    const { url } = await serve((_request, response) => {
      response
        .writeHead(
          status,
          [
            ['retry-after', '3'],
            ['set-cookie', 'a=1'],
            ['set-cookie', 'b=2'],
          ].flat(),
        )
        .end('é')
    })
    const answer = await ask(url)
    expect([answer.status, answer.headers.get('retry-after'), await answer.text()]).toEqual([status, '3', 'é'])
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  })

  it.each([301, 302, 303, 307, 308])('is the redirect itself: %i', async (status) => {
    const paths: (string | undefined)[] = []
    const { url } = await serve((request, response) => {
      paths.push(request.url)
      response.writeHead(status, { location: '/other' }).end()
    })
    const answer = await ask(url)
    expect([answer.status, answer.headers.get('location')]).toEqual([status, '/other'])
    expect(paths).toEqual(['/path?query=1'])
  })

  it.each([204, 205, 304])('may have no body: %i', async (status) => {
    const { url } = await serve((_request, response) => void response.writeHead(status).end())
    const answer = await ask(url)
    expect([answer.status, answer.body]).toEqual([status, null])
  })

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('is understood in %s, which nobody asked for', async (encoding, encode) => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(encode('{"keys":[]}'))
    })
    expect(await (await ask(url)).json()).toEqual({ keys: [] })
  })

  it.each(['gzip', 'zstd-9', '__proto__'])('is an error where it does not hold what it says: %s', async (encoding) => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end('plain')
    })
    await expect(ask(url)).rejects.toThrow(/incorrect header check|an encoding nobody asked for/)
  })

  it.each([
    ['plain', 'identity', (bytes: Buffer) => bytes],
    ['as a bomb', 'gzip', gzipSync],
  ] as const)('is never taken for whole when it is too long, %s', async (_how, encoding, encode) => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(encode(Buffer.alloc(4 * 1024 * 1024, 'a')))
    })
    const answer = await ask(url)
    const reader = answer.body?.getReader()
    expect((await reader?.read())?.value?.byteLength).toBeGreaterThan(1024 * 1024)
    await expect(reader?.read()).rejects.toThrow('too long')
  })

  it('is an error when it breaks off', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('half', () => response.destroy())
    })
    await expect(ask(url)).rejects.toThrow('aborted')
  })

  it('is an error when the protocol is switched', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(101, { connection: 'upgrade', upgrade: 'x' }).end()
    })
    await expect(ask(url)).rejects.toThrow('switched protocols')
  })
})

describe('a request that is given up', () => {
  it('ends when it was never answered', async () => {
    const aborting = new AbortController()
    const { url, sockets } = await serve(() => aborting.abort())
    await expect(ask(url, { signal: aborting.signal })).rejects.toThrow('aborted')
    await Promise.all(sockets.filter(({ closed }) => !closed).map(async (socket) => await once(socket, 'close')))
  })

  it('ends in the middle of the answer', async () => {
    const aborting = new AbortController()
    const { url } = await serve((_request, response) => void response.write('half', () => aborting.abort()))
    await expect(ask(url, { signal: aborting.signal })).rejects.toThrow('aborted')
  })

  it('does not begin when it was given up before', async () => {
    const { url, sockets } = await serve((_request, response) => void response.end())
    await expect(ask(url, { signal: AbortSignal.abort() })).rejects.toThrow('aborted')
    expect(sockets).toEqual([])
  })
})

describe('a connection', () => {
  it('is used again', async () => {
    const { url, sockets } = await serve((_request, response) => void response.end('a'))
    for (let n = 0; n < 3; n += 1) await (await ask(url)).text()
    expect(sockets).toHaveLength(1)
  })

  /** Answers the first request on a connection, and resets the connection at the second one. */
  function resetting(methods: (string | undefined)[]): RequestListener {
    const used = new WeakSet<Socket>()
    return (request, response) => {
      methods.push(request.method)
      if (used.has(request.socket)) request.socket.resetAndDestroy()
      else response.end('a')
      used.add(request.socket)
    }
  }

  it('is replaced for a request that changes nothing, when the server ended it meanwhile', async () => {
    const methods: (string | undefined)[] = []
    const { url } = await serve(resetting(methods))
    await (await ask(url)).text()
    expect(await (await ask(url)).text()).toBe('a')
    expect(methods).toEqual(['GET', 'GET', 'GET'])
  })

  it('A097 is not replaced for any other: a refresh token must not be shown twice', async () => {
    const methods: (string | undefined)[] = []
    const { url } = await serve(resetting(methods))
    await (await ask(url)).text()
    await expect(ask(url, { method: 'POST', body: 'a=b' })).rejects.toThrow('ECONNRESET')
    expect(methods).toEqual(['GET', 'POST'])
  })

  it('that nobody takes is an error', async () => {
    // The port of a service that is gone: the system gives it to nobody.
    await expect(ask('http://127.0.0.1:9/')).rejects.toThrow('ECONNREFUSED')
  })
})
