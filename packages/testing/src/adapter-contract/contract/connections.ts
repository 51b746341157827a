/** What happens on the connection: kept alive, closed, slow, dropped. @module */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { send } from '../browser.ts'
import { login } from '../client.ts'
import { type AdapterHost, nothingHere } from '../host.ts'
import { type AdapterServer, startHost } from '../server.ts'
import { openWire, requestText, type Wire } from '../wire.ts'

const form = 'Content-Type: application/x-www-form-urlencoded'
const metadata = '/.well-known/oauth-authorization-server'

function hostLine(server: AdapterServer): string {
  return `Host: ${new URL(server.origin).host}`
}

/** Asks for the metadata on an open connection. */
async function metadataStatus(server: AdapterServer, wire: Wire): Promise<number> {
  wire.write(requestText(`GET ${metadata}`, [hostLine(server)]))
  return (await wire.response()).status
}

/**
 * Milliseconds for a server to stop at once, on a busy machine: where something holds it up, that is the time-out of
 * idle connections or of requests, five seconds and more.
 */
const atOnce = 4000
/** For what happens on the other side of a connection, in milliseconds. */
const soon = { timeout: 5000 }

/** Milliseconds until a server that is told to close has closed. */
async function closingTime(server: AdapterServer): Promise<number> {
  const start = performance.now()
  server.http.close()
  await once(server.http, 'close')
  return performance.now() - start
}

/** Starts a POST of which only the beginning is sent. */
function beginPost(server: AdapterServer, path: string, begun: string, length: number): string {
  return requestText(`POST ${path}`, [hostLine(server), form], begun, { length })
}

export function connectionContract(host: AdapterHost): void {
  it('answers one request after the other on one connection', async () => {
    const server = await startHost(host)
    const wire = await openWire(server.origin)
    expect(await metadataStatus(server, wire)).toBe(200)
    wire.write(requestText('POST /token', [hostLine(server), form], 'grant_type=x'))
    expect((await wire.response()).status).toBe(400)
    wire.write(requestText('GET /nowhere', [hostLine(server)]))
    expect((await wire.response()).text).toBe(nothingHere)
    expect(await metadataStatus(server, wire)).toBe(200)
    wire.drop()
  })

  it.each([
    ['of a media type nobody reads', 'POST /token', 'Content-Type: text/plain', 'x'.repeat(20_000), 400],
    ['that is malformed JSON', 'POST /register', 'Content-Type: application/json', '{', 400],
    ['that is longer than we read', 'POST /token', form, `code=${'x'.repeat(70_000)}`, 413],
    ['without a token', 'POST /mcp', 'Content-Type: application/json', '{"id":1}', 401],
    ['for a method that is not allowed', 'PUT /token', form, 'code=x', 405],
  ])('does not mistake a refused body %s for the next request', async (_case, line, type, body, status) => {
    const server = await startHost(host)
    const wire = await openWire(server.origin)
    wire.write(requestText(line, [hostLine(server), type], body))
    const refused = await wire.response()
    expect(refused.status).toBe(status)
    // Either the connection goes on with the next request, or it is said to close, and closes.
    const closes = refused.headers.get('connection') === 'close'
    if (closes) await wire.closed
    const next = closes ? await openWire(server.origin) : wire
    expect(await metadataStatus(server, next)).toBe(200)
    next.drop()
  })

  it('keeps a connection after the refusal of a small body that has arrived', async () => {
    const server = await startHost(host)
    const wire = await openWire(server.origin)
    wire.write(requestText('POST /mcp', [hostLine(server), 'Content-Type: application/json'], '{"id":1}'))
    expect((await wire.response()).status).toBe(401)
    expect(await metadataStatus(server, wire)).toBe(200)
    wire.drop()
  })

  it.each([
    ['A086', 'a registration of 2 MB', '/register', 'Content-Type: application/json', 413],
    ['A086', 'a token request of 2 MB', '/token', form, 413],
    ['A034', 'an MCP call without a token', '/mcp', 'Content-Type: application/json', 401],
  ])(
    '%s refuses %s while it is still arriving, closes the connection and can stop at once',
    async (_id, _case, path, type, status) => {
      const server = await startHost(host)
      const wire = await openWire(server.origin)
      wire.write(requestText(`POST ${path}`, [hostLine(server), type], '{"id":', { length: 2_000_000 }))
      expect((await wire.response()).status).toBe(status)
      await wire.closed
      expect(await closingTime(server)).toBeLessThan(atOnce)
      expect(server.calls).toEqual([])
    },
  )

  it.each([
    ['A034', 'an MCP call without a token', 'POST /mcp', 'x', 401],
    ['A086', 'a token request that has become too long', 'POST /token', 'x'.repeat(70_000), 413],
    ['A046', 'a method that is not allowed', 'PUT /token', 'x', 405],
  ])(
    '%s refuses %s and reads on, so that a client that is still sending gets to read it',
    async (_id, _case, line, begun, status) => {
      const server = await startHost(host)
      const connected = new Promise<Socket>((resolve) => server.http.once('connection', resolve))
      const wire = await openWire(server.origin)
      const socket = await connected
      wire.write(`${line} HTTP/1.1\r\n${hostLine(server)}\r\n${form}\r\nTransfer-Encoding: chunked\r\n\r\n`)
      wire.write(`${begun.length.toString(16)}\r\n${begun}\r\n`)
      expect(await wire.status()).toBe(status)
      const bytesBefore = socket.bytesRead
      wire.write(`30d40\r\n${'x'.repeat(200_000)}\r\n0\r\n\r\n`)
      expect((await wire.response()).text).toContain('error_description')
      await expect.poll(() => socket.bytesRead, soon).toBeGreaterThan(bytesBefore + 200_000)
      wire.drop()
    },
  )

  it('A086 refuses a body of unknown length once it has become too long', async () => {
    const server = await startHost(host)
    const wire = await openWire(server.origin)
    wire.write(`POST /token HTTP/1.1\r\n${hostLine(server)}\r\n${form}\r\nTransfer-Encoding: chunked\r\n\r\n`)
    for (let i = 0; i < 5; i++) wire.write(`4000\r\n${'x'.repeat(0x4000)}\r\n`)
    expect((await wire.response()).status).toBe(413)
    await wire.closed
    expect(await closingTime(server)).toBeLessThan(atOnce)
  })

  it('reads a body that arrives byte by byte', async () => {
    const server = await startHost(host)
    const { client, refresh_token } = await login(server)
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token,
      client_id: client.client_id,
    }).toString()
    const wire = await openWire(server.origin)
    const request = requestText('POST /token', [hostLine(server), form], body)
    for (const byte of request.slice(0, -20)) wire.write(byte)
    // Another request in between shows that the server has seen the beginning and still waits for the end.
    expect((await send(server.origin + metadata)).status).toBe(200)
    for (const byte of request.slice(-20)) wire.write(byte)
    expect((await wire.response()).status).toBe(200)
    wire.drop()
  })

  it('survives clients that go away in the middle of a body, and does not call it trouble of the server', async () => {
    const server = await startHost(host)
    const before = server.events.length
    const wire = await openWire(server.origin)
    const arrived = once(server.http, 'request')
    wire.write(beginPost(server, '/token', 'grant_type=', 5000))
    await arrived
    wire.drop()
    await expect.poll(() => server.events.length, soon).toBeGreaterThan(before)
    expect(server.events.slice(before)).toMatchObject([
      { type: 'request.refused', reason: 'malformed_request', endpoint: 'token' },
    ])
    expect((await send(server.origin + metadata)).status).toBe(200)
  })

  it('survives clients that go away before they read the answer', async () => {
    const server = await startHost(host)
    const wires = await Promise.all(Array.from({ length: 20 }, async () => await openWire(server.origin)))
    for (const wire of wires) {
      wire.write(requestText(`GET ${metadata}`, [hostLine(server)]))
      wire.drop()
    }
    expect((await send(server.origin + metadata)).status).toBe(200)
  })
}
