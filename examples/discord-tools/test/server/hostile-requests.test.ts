import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { envelope, envelopeHeaders, login, users } from '../../../kit/test/servers/support/client.ts'
import { fakeChannelIds } from '../../src/fake/ids.ts'
import { allScopes, startToolsServer, type ToolsServer } from './support/tools-server.ts'

const { general } = fakeChannelIds
const call = JSON.stringify({ method: 'get_channel_info', params: { channel_id: general } })

let server: ToolsServer
let minted: string
beforeAll(async () => {
  server = await startToolsServer({ DISCORD_TOOLS_CALLS_PER_MINUTE: '1000' })
  minted = await server.mintToken(allScopes)
})
afterAll(async () => await server.stop())

const restURL = (): string => `${server.mcpURL}/v1/tools/invoke`
const usual = (): Record<string, string> => ({
  authorization: `Bearer ${minted}`,
  'content-type': 'application/json',
})
const post = async (body: string, headers: Record<string, string> = {}, url = restURL()): Promise<Response> =>
  await fetch(url, { method: 'POST', headers: { ...usual(), ...headers }, body })

/** Sends bytes as they are, and reads until the server closes the connection, in whatever way. */
async function sendRaw(...parts: readonly string[]): Promise<string> {
  const socket = connect(Number(new URL(server.origin).port), '127.0.0.1')
  await once(socket, 'connect')
  for (const part of parts) socket.write(part)
  let received = ''
  socket.setEncoding('utf8').on('data', (part: string) => (received += part))
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('close', resolve))
  return received
}

describe('a body', () => {
  it('A111 is refused when it is too large, announced or not', async () => {
    const large = JSON.stringify({ method: 'send_message', params: { content: 'x'.repeat(5 * 1024 * 1024) } })
    const head = `POST ${new URL(restURL()).pathname} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${minted}\r\nContent-Type: application/json\r\nConnection: close\r\n`
    const announced = await sendRaw(`${head}Content-Length: 5000000000\r\n\r\n{`)
    const chunked = await sendRaw(
      `${head}Transfer-Encoding: chunked\r\n\r\n${large.length.toString(16)}\r\n`,
      large,
      '\r\n0\r\n\r\n',
    )
    for (const answer of [announced, chunked]) {
      expect(answer).toMatch(/^HTTP\/1.1 413 /)
      expect(answer).toContain('"body_too_large"')
    }
  })

  it('is asked for by 100 Continue, and read afterwards', async () => {
    const head = `POST ${new URL(restURL()).pathname} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${minted}\r\nContent-Type: application/json\r\nConnection: close\r\n`
    const answer = await sendRaw(`${head}Expect: 100-continue\r\nContent-Length: ${call.length}\r\n\r\n`, call)
    expect(answer).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/)
  })

  it.each([
    ['lists', '['.repeat(400_000), ']'.repeat(400_000)],
    ['objects', '{"channel_id":'.repeat(200_000), `1${'}'.repeat(200_000)}`],
  ])('A111 may be as deep as it likes: %s', async (_, open, close) => {
    const answer = await post(`{"method":"get_channel_info","params":${open}${close}}`)
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: 'invalid_parameters' } }])
    const message = JSON.stringify(envelope('tools/call', { name: 'get_channel_info', arguments: 'DEEP' }))
    const headers = {
      accept: 'application/json, text/event-stream',
      ...envelopeHeaders('tools/call', 'get_channel_info'),
    }
    const overMCP = await post(message.replace('"DEEP"', `${open}${close}`), headers, server.mcpURL)
    expect(overMCP.status).toBeLessThan(500)
    expect(await overMCP.text()).not.toContain('    at ')
  })

  it.each([
    ['a name of prototypes', { channel_id: general, hasOwnProperty: true }],
    ['a constructor', { channel_id: general, constructor: { prototype: {} } }],
  ])('has no parameters that a tool does not have: %s', async (_, params) => {
    const answer = await server.rest(minted, 'get_channel_info', params)
    expect([answer.status, answer.body.error]).toMatchObject([400, { code: 'invalid_parameters' }])
  })

  it('cannot say who calls, or bring members through a prototype', async () => {
    const body = `{"__proto__":{"method":"get_channel_info","params":{"channel_id":"${general}"}}}`
    expect((await post(body)).status).toBe(400)
    const params = `{"method":"get_channel_info","params":{"__proto__":{"channel_id":"${general}"}}}`
    expect((await post(params)).status).toBe(400)
  })

  it('is judged and called by the same one of two members', async () => {
    const reader = await server.mintToken('discord:messages.read')
    const before = server.discord.fake.receivedOn('createMessage').length
    const body = `{"method":"get_messages","method":"send_message","params":{"channel_id":"${general}","content":"x"}}`
    expect((await post(body, { authorization: `Bearer ${reader}` })).status).toBe(403)
    expect(server.discord.fake.receivedOn('createMessage').length).toBe(before)
  })

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json, text/plain',
    'text/plain; application/json',
    'application/json-patch+json',
    '',
  ])('A111 has to be JSON by its type, which a page of another site cannot send unasked: %j', async (type) => {
    const answer = await post(call, { 'content-type': type })
    const { error } = (await answer.json()) as { error: Record<string, string> }
    expect([answer.status, error]).toEqual([
      415,
      { code: 'unsupported_media_type', message: expect.stringContaining('Content-Type: application/json') },
    ])
  })

  it('may say which encoding JSON has', async () => {
    expect((await post(call, { 'content-type': 'Application/JSON ; charset=utf-8' })).status).toBe(200)
  })
})

describe('a path', () => {
  it.each([
    '/mcp/v1/tools/invoke/',
    '/MCP/V1/Tools/Invoke',
    '/mcp/v1/tools/%69nvoke',
    '//mcp/v1/tools/invoke',
    '/mcp/v1/tools/invoke%2f',
    '/mcp/v1/tools/../tools/invoke',
    '/mcp/v1/tools/invoke;x',
    '/mcp/v1/tools',
    '/mcp/v1',
    '/v1/tools/invoke',
  ])('leads to nothing without a token: %s', async (path) => {
    const answer = await sendRaw(
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${call.length}\r\n\r\n${call}`,
    )
    expect(answer).toMatch(/^HTTP\/1.1 (401|404) /)
    expect(answer).not.toContain('general')
  })
})

describe('another site', () => {
  it.each(['https://evil.example', 'null', 'https://127.0.0.1.evil.example', 'http://localhost@evil.example'])(
    'A035 may not call: %s',
    async (origin) => {
      const answer = await post(call, { origin })
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([403, null])
      const asked = await fetch(restURL(), {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
      })
      expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([403, null])
    },
  )

  it('A035 may not reach it under another name', async () => {
    const answer = await sendRaw(
      `POST /mcp/v1/tools/invoke HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer ${minted}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${call.length}\r\n\r\n${call}`,
    )
    expect(answer).toMatch(/^HTTP\/1.1 4\d\d /)
    expect(answer).not.toContain('general')
  })

  it('A035 of this machine may, and reads every answer', async () => {
    const origin = 'http://localhost:6274'
    const answers = [
      await post(call, { origin }),
      await post('{bad', { origin }),
      await post(call, { origin, authorization: 'Bearer x' }),
      await fetch(restURL(), { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } }),
    ]
    expect(answers.map(({ status, headers }) => [status, headers.get('access-control-allow-origin')])).toEqual(
      [200, 400, 401, 204].map((status) => [status, origin]),
    )
  })
})

it('A111 takes POST only', async () => {
  for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const answer = await fetch(restURL(), { method, headers: usual() })
    expect([method, answer.status, answer.headers.get('allow')]).toEqual([method, 405, 'POST'])
    expect((await fetch(restURL(), { method })).status).toBe(401)
  }
})

describe('a client that goes away', () => {
  const send = { channel_id: general, content: 'nobody waits for this' }
  it.each([
    [
      'over REST',
      () => ({ url: restURL(), headers: {}, body: JSON.stringify({ method: 'send_message', params: send }) }),
    ],
    [
      'over MCP',
      () => ({
        url: server.mcpURL,
        headers: { accept: 'application/json, text/event-stream', ...envelopeHeaders('tools/call', 'send_message') },
        body: JSON.stringify(envelope('tools/call', { name: 'send_message', arguments: send })),
      }),
    ],
  ])('ends the call before anything is done at Discord: %s', async (_, request) => {
    const token = await login(server, { user: users.nelly, scope: `identify ${allScopes}` })
    const { fake } = server.discord
    const [messages, channels] = [fake.receivedOn('createMessage').length, fake.receivedOn('channel').length]
    const lines = server.audit().length
    fake.faults.fail('channel', 'hang')
    const gone = new AbortController()
    const { url, headers, body } = request()
    const answer = fetch(url, {
      method: 'POST',
      headers: { ...usual(), authorization: `Bearer ${token}`, ...headers },
      body,
      signal: gone.signal,
    }).catch(() => 'gone')
    await expect.poll(() => fake.receivedOn('channel').length).toBe(channels + 1)
    gone.abort()
    expect(await answer).toBe('gone')
    // The line says that the call is over: what it would do at Discord, it has not done by then.
    await expect.poll(() => server.audit().slice(lines)).toMatchObject([{ tool: 'send_message', outcome: 'error' }])
    fake.faults.recover()
    fake.faults.release()
    expect((await server.rest(minted, 'get_channel_info', { channel_id: general })).status).toBe(200)
    expect(fake.receivedOn('createMessage').length).toBe(messages)
  })
})
