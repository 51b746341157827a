import { type APIKey, apiKeys, hashAPIKey } from '@mcp-auth/express'
import { describe, expect, it } from 'vitest'
import { outage, outcome, tryLater, visible } from './support/answers.ts'
import { callMCP } from './support/client.ts'
import { type RemoteServer, type RemoteServerOptions, startRemote } from './support/remote.ts'

const job = 'acme_2f1d7c5e-9a0b-4c6d-8e1f-3a5b7c9d0e2f'
const admin = 'acme_7b9c1d3e-5f60-4a8b-9c0d-1e2f3a4b5c6d'

async function list(): Promise<APIKey[]> {
  return [
    { subject: 'nightly-job', hash: await hashAPIKey(job), scopes: ['read'], clientId: 'scheduler' },
    { subject: 'admin', hash: await hashAPIKey(admin), scopes: ['read', 'write'], roles: ['admin'] },
  ]
}

const answer: NonNullable<RemoteServerOptions['host']>['answer'] = ({ subject, clientId, scopes, roles }) => ({
  subject,
  clientId,
  scopes,
  roles,
})

const start = async (options: RemoteServerOptions): Promise<RemoteServer> =>
  await startRemote({ ...options, host: { answer, ...options.host } })

describe('API keys as bearer tokens', () => {
  it('let a job pass beside users with access tokens, and are nobody else', async () => {
    const server = await start({ authenticate: apiKeys({ keys: await list(), prefix: 'acme_' }) })
    expect((await callMCP(server, job)).json()).toEqual({
      subject: 'key:nightly-job',
      clientId: 'scheduler',
      scopes: ['read'],
      roles: [],
    })
    expect((await callMCP(server, admin)).json()).toMatchObject({ subject: 'key:admin', roles: ['admin'] })
    expect((await callMCP(server, server.mint())).json()).toMatchObject({ subject: 'user-1' })
  })

  it.each([
    ['of which a character is missing', job.slice(0, -1)],
    ['with a character too many', `${job}0`],
    ['in capitals', job.toUpperCase()],
    ['that is only the prefix', 'acme_'],
    ['that is the hash of a key', '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
  ])('A031 refuse a key %s like a bad token', async (_case, key) => {
    const server = await start({ authenticate: apiKeys({ keys: await list(), prefix: 'acme_' }) })
    const refusal = await callMCP(server, key)
    expect(outcome(refusal)).toBe('401 invalid_token')
    expect(visible(refusal)).not.toContain(key)
    expect([server.calls, server.idp.requests]).toEqual([[], []])
  })

  it('A015 do not open the gate to the subject of a key: no provider may call its users so', async () => {
    const server = await start({ authenticate: apiKeys({ keys: await list(), prefix: 'acme_' }) })
    expect(outcome(await callMCP(server, server.mint({ payload: { sub: 'key:admin' } })))).toBe('401 invalid_token')
  })

  it('D9 work while the provider is down, and while they cannot be looked up nobody is turned away for good', async () => {
    let isDown = false
    const keys = async (): Promise<APIKey[]> => {
      if (isDown) throw new Error('connect ECONNREFUSED db:5432')
      return await list()
    }
    const server = await start({ authenticate: apiKeys({ keys, prefix: 'acme_' }) })
    server.idp.fail('*', 'refused')
    expect((await callMCP(server, job)).status).toBe(200)
    isDown = true
    const refusal = await callMCP(server, job)
    expect(tryLater(refusal)).toEqual(outage)
    expect(visible(refusal)).not.toMatch(/ECONNREFUSED|db:5432/)
    isDown = false
    expect((await callMCP(server, job)).status).toBe(200)
  })

  it('C11 end when they are taken off the list, at once', async () => {
    let keys = await list()
    const server = await start({ authenticate: apiKeys({ keys: () => keys, prefix: 'acme_' }) })
    expect((await callMCP(server, job)).status).toBe(200)
    keys = keys.filter(({ subject }) => subject !== 'nightly-job')
    expect(outcome(await callMCP(server, job))).toBe('401 invalid_token')
    expect((await callMCP(server, admin)).status).toBe(200)
  })

  it('A013 end at their time, and not before', async () => {
    const [first] = await list()
    const server = await start({})
    const ends = server.clock.now() + 60
    const timed = await start({
      clock: server.clock,
      authenticate: apiKeys({ keys: first ? [{ ...first, expiresAt: ends }] : [] }),
    })
    timed.clock.advance(59)
    expect((await callMCP(timed, job)).status).toBe(200)
    timed.clock.advance(1)
    expect(outcome(await callMCP(timed, job))).toBe('401 invalid_token')
  })
})

describe('API keys in a header of their own', () => {
  it('let a caller pass by the key, and leave the Authorization header to access tokens', async () => {
    const server = await start({ authenticate: apiKeys({ keys: await list(), header: 'X-API-Key' }) })
    const by = async (key: string, token?: string) => await callMCP(server, token, { headers: { 'x-api-key': key } })
    expect((await by(job)).json()).toMatchObject({ subject: 'key:nightly-job' })
    expect(outcome(await by(`${job}0`))).toBe('401 invalid_token')
    expect(outcome(await by(`${job}0`, server.mint()))).toBe('401 invalid_token')
    expect(outcome(await callMCP(server, job))).toBe('401 invalid_token')
    expect((await callMCP(server, server.mint())).status).toBe(200)
  })

  it('A038 are asked for the scopes that the gate needs', async () => {
    const server = await start({
      authenticate: apiKeys({ keys: await list(), header: 'x-api-key' }),
      host: { answer, gate: { requiredScopes: ['write'] } },
    })
    const by = async (key: string): Promise<string> =>
      outcome(await callMCP(server, undefined, { headers: { 'x-api-key': key } }))
    expect([await by(job), await by(admin)]).toEqual(['403 insufficient_scope', '200'])
  })
})
