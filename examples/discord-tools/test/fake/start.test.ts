/** The fake on a port. @module */
import { request as sendRequest } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { freePort } from '../../../../packages/store-redis/test/support/free-port.ts'
import type { FakeDiscordToolsOptions } from '../../src/fake/fake-discord-bot.ts'
import { fakeChannelIds, fakeUserIds } from '../../src/fake/ids.ts'
import { type RunningFakeDiscordTools, startFakeDiscordTools } from '../../src/fake/start.ts'
import { readAnswer } from './support.ts'

const running: RunningFakeDiscordTools[] = []
const userAgent = 'DiscordBot (https://bot.example, 1.0.0)'
const channel = `/channels/${fakeChannelIds.general}`

async function startFake(options?: FakeDiscordToolsOptions): Promise<RunningFakeDiscordTools> {
  const fake = await startFakeDiscordTools(options)
  running.push(fake)
  return fake
}

function headersOf({ fake }: RunningFakeDiscordTools): Record<string, string> {
  return { authorization: `Bot ${fake.botToken}`, 'user-agent': userAgent }
}

afterEach(async () => {
  await Promise.all(running.splice(0).map(async (each) => await each.close()))
})

describe('the fake on a port', () => {
  it('serves the bot API and the login at one origin', async () => {
    const server = await startFake()
    const { apiUrl, authorizeUrl, origin, clientId, botToken } = server
    expect([apiUrl, authorizeUrl]).toEqual([`${origin}/api/v10`, `${origin}/oauth2/authorize`])
    const headers = { authorization: `Bot ${botToken}`, 'user-agent': userAgent }
    expect(await readAnswer(await fetch(apiUrl + channel, { headers }))).toMatchObject([200, { name: 'general' }])
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: origin,
      scope: 'identify',
    })
    const page = await fetch(`${authorizeUrl}?${query.toString()}`)
    expect(page.status).toBe(200)
    const text = await page.text()
    for (const name of ['clyde', 'Nelly', 'rosie', 'marvin', 'tim', 'wumpus']) expect(text).toContain(name)
    const metadata = await fetch(`${origin}/.well-known/oauth-authorization-server`)
    expect(await metadata.json()).toMatchObject({ token_endpoint: `${origin}/api/oauth2/token` })
  })

  it('agrees at once when it is not to ask', async () => {
    const { authorizeUrl, origin, clientId } = await startFake({
      login: { interactive: false, user: fakeUserIds.rosie },
    })
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: origin,
      scope: 'identify',
    })
    const answer = await fetch(`${authorizeUrl}?${query.toString()}`, { redirect: 'manual' })
    expect([answer.status, answer.headers.get('location')]).toEqual([302, expect.stringContaining('code=')])
  })

  it('sends, reads and deletes over a socket', async () => {
    const server = await startFake()
    const url = `${server.apiUrl}${channel}/messages`
    const headers = { ...headersOf(server), 'content-type': 'application/json' }
    const sent = await fetch(url, { method: 'POST', headers, body: '{"content":"hello"}' })
    const { id } = (await sent.json()) as { readonly id: string }
    const listed = await fetch(`${url}?limit=1`, { headers: headersOf(server) })
    expect(await listed.json()).toMatchObject([{ id, content: 'hello' }])
    const gone = await fetch(`${url}/${id}`, { method: 'DELETE', headers: headersOf(server) })
    expect([gone.status, await gone.text()]).toEqual([204, ''])
  })

  it('breaks the connection for the fault abort', async () => {
    const server = await startFake()
    server.fake.faults.fail('channel', 'abort', 1)
    await expect(fetch(server.apiUrl + channel, { headers: headersOf(server) })).rejects.toThrow('fetch failed')
    const next = await fetch(server.apiUrl + channel, { headers: headersOf(server) })
    expect(next.status).toBe(200)
  })

  it('stalls within a body until the client gives up', async () => {
    const server = await startFake()
    server.fake.faults.fail('channel', 'stalled', 1)
    const controller = new AbortController()
    const answer = await fetch(server.apiUrl + channel, { headers: headersOf(server), signal: controller.signal })
    expect(answer.status).toBe(200)
    const text = answer.text()
    controller.abort()
    await expect(text).rejects.toThrow('aborted')
  })

  it('closes while a request hangs', async () => {
    const server = await startFakeDiscordTools({ port: await freePort() })
    server.fake.faults.fail('channel', 'hang', 1)
    const arrived = new Promise<void>((resolve) => {
      server.fake.settings.latency = () => resolve()
    })
    const outcome = fetch(server.apiUrl + channel, { headers: headersOf(server) }).then(
      ({ status }) => status,
      () => 'broken',
    )
    await arrived
    await server.close()
    expect(['broken', 200]).toContain(await outcome)
    await expect(fetch(server.origin)).rejects.toThrow('fetch failed')
  })

  it('is not taken elsewhere by an absolute target', async () => {
    const server = await startFake()
    const { port } = new URL(server.origin)
    const status = await new Promise((resolve, reject) => {
      const path = 'http://elsewhere.example/api/v10/users/@me'
      const request = sendRequest({ port, host: '127.0.0.1', path, headers: headersOf(server) }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      request.on('error', reject)
      request.end()
    })
    expect(status).toBe(200)
    expect(server.fake.received).toMatchObject([{ path: '/api/v10/users/@me' }])
  })
})
