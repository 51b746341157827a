/** How the fake fails on purpose. @module */
import { describe, expect, it } from 'vitest'
import { fakeChannelIds } from '../../src/fake/ids.ts'
import { ask, buildRequest, createStillFake } from './support.ts'

const general = `/channels/${fakeChannelIds.general}`
const json = 'application/json'
const html = 'text/html; charset=UTF-8'

describe('a fault', () => {
  it.each([
    ['401', 401, json],
    ['429', 429, json],
    ['429-shared', 429, json],
    ['429-global', 429, json],
    ['429-blocked', 429, 'text/plain; charset=UTF-8'],
    ['500', 500, json],
    ['502', 502, html],
    ['503', 503, json],
    ['page', 403, html],
    ['garbage', 200, json],
    ['empty', 200, json],
    ['wrongShape', 200, json],
    ['redirect', 302, null],
  ] as const)('%s answers with status %i', async (fault, status, type) => {
    const { fake } = createStillFake()
    fake.faults.fail('channel', fault, 1)
    const answer = await fake.fetch(buildRequest(fake, general))
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, type])
    expect(await ask(fake, general)).toMatchObject([200, { name: 'general' }])
  })

  it.each(['garbage', 'empty', 'page', '502', '429-blocked'] as const)('%s is no JSON', async (fault) => {
    const { fake } = createStillFake()
    fake.faults.fail('channel', fault, 1)
    const answer = await fake.fetch(buildRequest(fake, general))
    await expect(answer.json()).rejects.toThrow(SyntaxError)
  })

  it('of the connection rejects as fetch does, and nothing was done', async () => {
    const { fake } = createStillFake()
    fake.faults.fail('createMessage', 'abort', 1)
    const request = buildRequest(fake, `${general}/messages`, { method: 'POST', body: { content: 'x' } })
    await expect(fake.fetch(request)).rejects.toThrow(TypeError)
    expect(fake.world.messages.size).toBe(13)
    expect(fake.receivedOn('createMessage')).toHaveLength(1)
  })

  it('of many routes lasts until it is over', async () => {
    const { fake } = createStillFake()
    fake.faults.fail('*', '500')
    fake.faults.fail('currentUser', '503', 1)
    expect(await ask(fake, '/users/@me')).toMatchObject([503, {}])
    expect(await ask(fake, '/users/@me')).toMatchObject([500, {}])
    expect(await ask(fake, general)).toMatchObject([500, {}])
    fake.faults.recover()
    expect(await ask(fake, general)).toMatchObject([200, {}])
  })

  it('that is too large is made while it is read, 64 MiB of JSON', async () => {
    const { fake } = createStillFake()
    fake.faults.fail('channel', 'tooLarge', 2)
    const first = await fake.fetch(buildRequest(fake, general))
    const reader = first.body?.getReader()
    expect((await reader?.read())?.value).toEqual(new TextEncoder().encode('"'))
    await reader?.cancel()
    const second = await fake.fetch(buildRequest(fake, general))
    expect((await second.arrayBuffer()).byteLength).toBe(64 * 1024 * 1024 + 2)
  })

  it('that stalls begins a body and does not end it, but can be cancelled', async () => {
    const { fake } = createStillFake()
    fake.faults.fail('channel', 'stalled', 1)
    const answer = await fake.fetch(buildRequest(fake, general))
    const reader = answer.body?.getReader()
    expect((await reader?.read())?.done).toBe(false)
    const more = reader?.read()
    await reader?.cancel()
    expect(await more).toEqual({ done: true, value: undefined })
  })

  it('that hangs ends with the request, or goes on when released', async () => {
    const { fake } = createStillFake()
    fake.faults.fail('channel', 'hang', 2)
    const controller = new AbortController()
    const given = fake.fetch(buildRequest(fake, general, { signal: controller.signal }))
    const waiting = ask(fake, general)
    controller.abort()
    expect((await given).status).toBe(504)
    fake.faults.release()
    expect(await waiting).toMatchObject([200, { name: 'general' }])
  })

  it('may be an answer of the test', async () => {
    const { fake } = createStillFake()
    fake.faults.fail('channel', ({ method }) => Response.json({ method }, { status: 418 }), 1)
    expect(await ask(fake, general)).toEqual([418, { method: 'GET' }])
  })
})
