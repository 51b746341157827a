import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { OAuthProxy } from '@mcp-auth/core'
import type { RequestHandler } from 'express'
import { describe, expect, it } from 'vitest'
import { mcpAuth, readAuthSession, requireBearerAuth } from '../src/index.ts'
import { startApp } from './support/app.ts'
import { login } from './support/login.ts'
import { exchange, openConnection, parseAnswer } from './support/raw.ts'

/** An application with the gate and a handler behind it. */
const startGate = async (handler: RequestHandler) =>
  await startApp((app, auth) => {
    app.use(mcpAuth(auth))
    app.all('/mcp', requireBearerAuth(auth), handler)
    app.all('/ungated', (request, response) => {
      response.json({ subject: readAuthSession(request).subject })
    })
  })

const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex')

it('sets the session as request.auth, where the MCP SDK looks for it, and for readAuthSession', async () => {
  const app = await startGate((request, response) => {
    const auth: unknown = Reflect.get(request, 'auth')
    const { token, clientId, scopes, expiresAt, resource, extra } = readAuthSession(request)
    response.json({ same: auth === readAuthSession(request), token, clientId, scopes, expiresAt, resource, extra })
  })
  const token = await login(app)
  const answer = await fetch(`${app.origin}/mcp`, { headers: { authorization: `Bearer ${token}` } })
  expect(await answer.json()).toEqual({
    same: true,
    token,
    clientId: expect.stringMatching(/^dcr_/),
    scopes: ['profile'],
    expiresAt: expect.any(Number),
    resource: `${app.origin}/mcp`,
    extra: { sub: 'user-1', username: 'User', roles: [] },
  })
})

it('tells whoever reads a session without the gate what is missing', async () => {
  expect(() => readAuthSession({})).toThrowError(
    new TypeError('no auth session: put requireBearerAuth(auth) in front of this route'),
  )
  const app = await startGate((_request, response) => {
    response.end()
  })
  const token = await login(app)
  const answer = await fetch(`${app.origin}/ungated`, { headers: { authorization: `Bearer ${token}` } })
  expect([answer.status, app.errors]).toEqual([500, [expect.any(TypeError)]])
})

it('does not take request.auth that somebody else has set for a session', async () => {
  expect(() => readAuthSession({ auth: { subject: 'forged' } })).toThrowError(TypeError)
})

it('A034 leaves the body to the handler, untouched and as it arrives', async () => {
  const parts: Buffer[] = []
  let firstPart: (() => void) | undefined
  const arrived = new Promise<void>((resolve) => {
    firstPart = resolve
  })
  const app = await startGate((request, response) => {
    expect(request.body).toBeUndefined()
    request.on('data', (part: Buffer) => {
      parts.push(part)
      firstPart?.()
    })
    request.on('end', () => {
      response.json({ length: Buffer.concat(parts).length, hash: sha256(Buffer.concat(parts)) })
    })
  })
  const token = await login(app)
  const body = randomBytes(300_000)
  const { socket, received } = await openConnection(app)
  const lines = ['POST /mcp HTTP/1.1', `Host: ${app.host}`, `Authorization: Bearer ${token}`, 'Connection: close']
  socket.write([...lines, `Content-Length: ${body.length}`, '', ''].join('\r\n'))
  socket.write(body.subarray(0, 1000))
  await arrived
  socket.write(body.subarray(1000))
  expect(JSON.parse(parseAnswer(await received).body.replace(/^[\da-f]+\r\n|\r\n0\r\n\r\n$/g, ''))).toEqual({
    length: body.length,
    hash: sha256(body),
  })
})

it('A034 answers before the body has arrived when there is no token', async () => {
  const app = await startGate((_request, response) => {
    response.end('reached')
  })
  const lines = ['POST /mcp HTTP/1.1', `Host: ${app.host}`, 'Content-Type: application/json', 'Content-Length: 1000000']
  expect((await exchange(app, lines, '{"half')).status).toBe(401)
})

it('A028 challenges on HEAD as well', async () => {
  const app = await startGate((_request, response) => {
    response.end('reached')
  })
  const answer = await fetch(`${app.origin}/mcp`, { method: 'HEAD' })
  expect([answer.status, answer.headers.get('www-authenticate')?.startsWith('Bearer ')]).toEqual([401, true])
})

describe('with trouble inside', () => {
  const broken = (auth: OAuthProxy): OAuthProxy => ({
    ...auth,
    fetch: async () => await Promise.reject(new Error('fetch broke')),
    authenticate: async () => await Promise.reject(new Error('authenticate broke')),
  })

  it.each([
    ['/token', 'fetch broke'],
    ['/mcp', 'authenticate broke'],
  ])("ends at the application's error handler, not as an unhandled rejection: %s", async (path, message) => {
    const unhandled: unknown[] = []
    const listener = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', listener)
    const app = await startApp((express, auth) => {
      express.use(mcpAuth(broken(auth)))
      express.all('/mcp', requireBearerAuth(broken(auth)), (_request, response) => {
        response.end('reached')
      })
    })
    const answer = await fetch(app.origin + path, { method: 'POST' })
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', listener)
    expect([answer.status, await answer.text()]).toEqual([500, 'handled'])
    expect(app.errors).toEqual([new Error(message)])
    expect(unhandled).toEqual([])
  })

  it('lets an error of the handler behind the gate pass to the error handler', async () => {
    const app = await startGate(async () => {
      await Promise.reject(new Error('the handler broke'))
    })
    const token = await login(app)
    const answer = await fetch(`${app.origin}/mcp`, { headers: { authorization: `Bearer ${token}` } })
    expect([answer.status, app.errors]).toEqual([500, [new Error('the handler broke')]])
  })

  it('waits for a slow client, stops writing when it has gone, and goes on serving', async () => {
    const seen = { written: 0, listeners: 0, closed: 0 }
    const app = await startApp((express, auth) => {
      const endless = new ReadableStream<Uint8Array>({
        pull(controller) {
          seen.written += 65_536
          controller.enqueue(new Uint8Array(65_536))
        },
      })
      express.use('/token', (_request, response, next) => {
        response.on('drain', () => {
          seen.listeners = Math.max(seen.listeners, response.listenerCount('close'))
        })
        response.once('close', () => {
          seen.closed += 1
        })
        next()
      })
      express.use(mcpAuth({ ...auth, fetch: async () => new Response(endless) }))
    })
    const { socket } = await openConnection(app)
    socket.write(`POST /token HTTP/1.1\r\nHost: ${app.host}\r\nContent-Length: 0\r\n\r\n`)
    for (let read = 0; read < 8_000_000; ) read += ((await once(socket, 'data')) as [Buffer])[0].length
    // A listener of each kind at most, however often the writing had to wait.
    expect(seen.listeners).toBeGreaterThan(0)
    expect(seen.listeners).toBeLessThan(6)
    socket.pause()
    await expect.poll(async () => await steady(() => seen.written)).toBe(true)
    socket.destroy()
    await expect.poll(() => seen.closed).toBe(1)
    expect((await fetch(`${app.origin}/nowhere`)).status).toBe(404)
    expect(app.errors).toEqual([])
  })
})

/** Whether a number is the same after every pending event was handled a few times. */
async function steady(value: () => number): Promise<boolean> {
  const before = value()
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  return value() === before
}
