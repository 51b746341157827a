import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { mcpAuth, requireBearerAuth } from '../src/index.ts'
import { startApp, type TestApp } from './support/app.ts'
import { exchange, openConnection, parseAnswer } from './support/raw.ts'

const start = async (): Promise<TestApp> =>
  await startApp((app, auth) => {
    app.use(mcpAuth(auth))
    app.all('/mcp', requireBearerAuth(auth), (_request, response) => {
      response.end('reached')
    })
  })

const form = 'Content-Type: application/x-www-form-urlencoded'

/** Milliseconds on a busy machine: what holds a server up does so for the five seconds of an idle connection, or longer. */
const atOnce = 4000

/** Milliseconds until a server that is told to close has closed. */
async function closingTime(app: TestApp): Promise<number> {
  const start = performance.now()
  app.http.close()
  await once(app.http, 'close')
  return performance.now() - start
}

describe('refuses a body that is still being sent, closes the connection, and can be closed itself', () => {
  it.each([
    ['a token request of 2 MB', '/token', form, 413],
    ['a registration of 2 MB', '/register', 'Content-Type: application/json', 413],
    ['a token request of another type', '/token', 'Content-Type: text/plain', 400],
    ['a call without a token', '/mcp', 'Content-Type: application/json', 401],
  ])('%s', async (_case, path, type, status) => {
    const app = await start()
    const { socket, received } = await openConnection(app)
    socket.write(`POST ${path} HTTP/1.1\r\nHost: ${app.host}\r\n${type}\r\nContent-Length: 2000000\r\n\r\n`)
    socket.write('x'.repeat(1000))
    expect(parseAnswer(await received).status).toBe(status)
    expect(await closingTime(app)).toBeLessThan(atOnce)
  })

  it('a token request that never ends', async () => {
    const app = await start()
    const { socket, received } = await openConnection(app)
    socket.write(`POST /token HTTP/1.1\r\nHost: ${app.host}\r\n${form}\r\nTransfer-Encoding: chunked\r\n\r\n`)
    for (let sent = 0; sent < 80; sent += 1) socket.write(`400\r\n${'x'.repeat(1024)}\r\n`)
    expect(parseAnswer(await received).status).toBe(413)
    expect(await closingTime(app)).toBeLessThan(atOnce)
  })
})

it('is not shaken by clients that go away in the middle of a body', async () => {
  const app = await start()
  for (const path of ['/token', '/register', '/revoke', '/consent', '/mcp']) {
    const { socket, received } = await openConnection(app)
    const arrived = once(app.http, 'request')
    const type = path === '/register' ? 'Content-Type: application/json' : form
    socket.write(`POST ${path} HTTP/1.1\r\nHost: ${app.host}\r\n${type}\r\nContent-Length: 500\r\n\r\ngrant_type=`)
    await arrived
    socket.destroy()
    await received
  }
  expect((await fetch(`${app.origin}/jwks`)).status).toBe(200)
  const happened = () => app.events.map((event) => event.type).filter((type) => type !== 'configuration.warning')
  await expect.poll(happened).toHaveLength(5)
  expect(new Set(happened())).toEqual(new Set(['request.refused']))
  expect(app.errors).toEqual([])
})

it('waits for a slow body without holding up anybody else', async () => {
  const app = await start()
  const { socket, received } = await openConnection(app)
  const body = 'grant_type=refresh_token&refresh_token=x&client_id=y'
  socket.write(
    `POST /token HTTP/1.1\r\nHost: ${app.host}\r\n${form}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`,
  )
  for (const character of body) {
    expect((await fetch(`${app.origin}/jwks`)).status).toBe(200)
    socket.write(character)
  }
  const answer = parseAnswer(await received)
  expect([answer.status, answer.body.includes('invalid_client')]).toEqual([401, true])
})

it('D7 answers 431 to an Authorization header of 20 KB, survives one of 1 MB, and answers 400 to one of 15 KB', async () => {
  const app = await start()
  const request = ['POST /mcp HTTP/1.1', `Host: ${app.host}`, 'Content-Length: 0']
  expect((await exchange(app, [...request, `Authorization: Bearer ${'a'.repeat(20_000)}`])).status).toBe(431)
  // A reset of the connection may take the answer along: 0.
  expect([431, 0]).toContain(
    (await exchange(app, [...request, `Authorization: Bearer ${'a'.repeat(1_000_000)}`])).status,
  )
  expect((await exchange(app, [...request, `Authorization: Bearer ${'a '.repeat(7500)}`])).status).toBe(400)
  expect((await fetch(`${app.origin}/jwks`)).status).toBe(200)
  expect(app.errors).toEqual([])
})

it('takes header bytes beyond ASCII for what they are: text that means nothing here', async () => {
  const app = await start()
  const odd = ['X-Odd: \u00e9\u00ff\u0080', `Authorization: Bearer \u00e9\u00ff`, 'Cookie: mcpauth-\u00e9=\u00ff']
  const gate = await exchange(app, ['POST /mcp HTTP/1.1', `Host: ${app.host}`, ...odd, 'Content-Length: 0'])
  expect(gate.status).toBe(400)
  const token = await exchange(app, ['POST /token HTTP/1.1', `Host: ${app.host}`, ...odd, form, 'Content-Length: 0'])
  expect(token.status).toBe(401)
  expect(app.errors).toEqual([])
})
