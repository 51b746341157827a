import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { login, openSession, register, send, sessionHeaders, toolResult, users } from './support/client.ts'
import { examples, type RunningServer, runServer } from './support/server.ts'

const call = (name: string) => ({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name } })

describe.each(examples)('%s', (example) => {
  let server: RunningServer
  let token: string
  beforeAll(async () => {
    server = await runServer(example)
    token = await login(server)
  })
  afterAll(async () => await server.stop())

  async function request(method: string, accessToken: string, session: string): Promise<Response> {
    return await fetch(server.mcpURL, {
      method,
      headers: {
        authorization: `Bearer ${accessToken}`,
        accept: 'application/json, text/event-stream',
        ...sessionHeaders(session),
      },
    })
  }

  it.each(['another user', 'another client of the same user'])(
    'A037 refuses the session of one user to %s',
    async (who) => {
      const session = await openSession(server, token)
      const other = await login(server, who === 'another user' ? { user: users.wumpus } : {})
      const answers = [
        await send(server, other, call('whoami'), sessionHeaders(session)),
        await request('GET', other, session),
        await request('DELETE', other, session),
      ]
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404])
      const unknown = await send(server, other, call('whoami'), sessionHeaders(crypto.randomUUID()))
      expect(answers[0]).toMatchObject({ message: unknown.message })
      // Nothing has happened to it.
      expect(toolResult(await send(server, token, call('whoami'), sessionHeaders(session)))).toMatchObject({
        sub: users.nelly,
      })
    },
  )

  it('judges every call by the token it came with, not by the one that opened the session', async () => {
    const client = await register(server)
    const wide = await login(server, { client, scope: 'identify guilds' })
    const narrow = await login(server, { client, scope: 'identify' })
    const session = sessionHeaders(await openSession(server, wide))
    expect((await send(server, wide, call('list_guilds'), session)).status).toBe(200)
    expect((await send(server, narrow, call('list_guilds'), session)).status).toBe(403)
    expect(toolResult(await send(server, narrow, call('whoami'), session))).toMatchObject({ scopes: ['identify'] })
  })

  it('opens a stream in a session at once, and only one', async () => {
    const session = await openSession(server, token)
    const stream = await request('GET', token, session)
    expect([stream.status, stream.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    expect((await request('GET', token, session)).status).toBe(409)
    await stream.body?.cancel()
    await expect.poll(async () => (await request('GET', token, session)).status).toBe(200)
  })

  it('ends a session when its client says so', async () => {
    const session = await openSession(server, token)
    expect((await request('DELETE', token, session)).status).toBe(200)
    expect((await send(server, token, call('whoami'), sessionHeaders(session))).status).toBe(404)
  })

  it('asks for a session where one is needed', async () => {
    expect((await send(server, token, call('whoami'))).status).toBe(400)
  })
})
