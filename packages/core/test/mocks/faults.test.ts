import { describe, expect, it } from 'vitest'
import { createFakeIdP, type FakeIdPFault, leakMarker } from '../../src/mocks/index.ts'
import { get, getCode, post, redeem, refresh } from './support/client.ts'

describe('faults of the fake', () => {
  it.each<readonly [FakeIdPFault, string, number, string | undefined]>([
    ['400', 'token', 400, 'invalid_grant'],
    ['401', 'token', 401, 'invalid_client'],
    ['401', 'userinfo', 401, 'invalid_token'],
    ['400', 'userinfo', 400, 'invalid_request'],
    ['429', 'userinfo', 429, undefined],
    ['500', 'token', 500, undefined],
    ['503', 'token', 503, undefined],
    ['html', 'token', 403, undefined],
    ['garbage', 'token', 200, undefined],
    ['empty', 'token', 200, undefined],
    [() => new Response('mine', { status: 418 }), 'token', 418, undefined],
  ])('answer with %s at %s', async (fault, endpoint, status, error) => {
    const fake = createFakeIdP()
    fake.fail(endpoint, fault)
    const answer = endpoint === 'token' ? await post(fake, 'token', {}) : await get(fake, `${fake.issuer}/${endpoint}`)
    expect([answer.status, answer.json['error']]).toEqual([status, error])
    expect(answer.text.includes(leakMarker)).toBe(fault !== 'empty' && typeof fault !== 'function')
  })

  it('last as long as they were ordered for, the special before the general', async () => {
    const fake = createFakeIdP()
    fake.fail('*', '500')
    fake.fail('token', '503', 2)
    const statuses: number[] = []
    for (let round = 0; round < 3; round += 1) statuses.push((await post(fake, 'token', {})).status)
    fake.recover()
    statuses.push((await post(fake, 'token', {})).status)
    expect(statuses).toEqual([503, 503, 500, 400])
  })

  it('tell a refresh from a code', async () => {
    const fake = createFakeIdP()
    const { refresh_token } = await fake.issueTokens()
    fake.fail('refresh', '503')
    expect((await redeem(fake, await getCode(fake))).status).toBe(200)
    expect((await refresh(fake, refresh_token)).status).toBe(503)
    expect(fake.requestsTo('refresh')).toHaveLength(1)
    expect(fake.requestsTo('token')).toHaveLength(1)
  })

  it('lose an answer after the work is done', async () => {
    const fake = createFakeIdP()
    const { refresh_token } = await fake.issueTokens()
    fake.fail('refresh', 'lost', 1)
    expect((await refresh(fake, refresh_token)).status).toBe(502)
    expect((await refresh(fake, refresh_token)).json['error']).toBe('invalid_grant')
  })

  it('hang until they are released, or the caller gives up', async () => {
    const fake = createFakeIdP()
    fake.fail('jwks', 'hang')
    const url = `${fake.issuer}/jwks`
    const arrived = new Promise<void>((resolve) => {
      fake.settings.latency = () => (fake.requestsTo('jwks').length === 2 ? resolve() : undefined)
    })
    const released = get(fake, url)
    const abort = new AbortController()
    const aborted = fake.fetch(new Request(url, { signal: abort.signal }))
    await arrived
    abort.abort()
    expect((await aborted).status).toBe(504)
    fake.release()
    expect((await released).status).toBe(200)
  })

  it('may read the request themselves', async () => {
    const fake = createFakeIdP()
    fake.fail('token', async (request) => new Response(await request.text()))
    expect((await post(fake, 'token', { a: 'b' })).text).toBe('a=b')
  })
})

it('the fake waits where it is told to, after the request was logged', async () => {
  const fake = createFakeIdP()
  const seen: unknown[] = []
  fake.settings.latency = ({ endpoint }) => {
    seen.push([endpoint, fake.requests.length])
  }
  await get(fake, `${fake.issuer}/jwks`)
  expect(seen).toEqual([['jwks', 1]])
})

it('the fake keeps no log when it is told so', async () => {
  const fake = createFakeIdP({ record: false })
  await redeem(fake, await getCode(fake))
  expect([fake.requests, fake.secrets]).toEqual([[], []])
})
