import { OAuthError, type RequestHead, type VerifiedToken } from '@mcp-auth/express'
import { expect, it } from 'vitest'
import { outage, outcome, tryLater, visible } from './support/answers.ts'
import { callMCP } from './support/client.ts'
import { type RemoteServer, type RemoteServerOptions, startRemote } from './support/remote.ts'

const never = 9_999_999_999
const keys: Readonly<Record<string, Partial<VerifiedToken>>> = {
  'key-of-a-job': { subject: 'job', scopes: ['read', 'write'] },
  'key-of-an-admin': { subject: 'admin', roles: ['admin'] },
  'key-that-ended': { subject: 'job', expiresAt: 1 },
}

/** An operator's own hook: a header with a key. */
async function byHeader({ headers }: RequestHead): Promise<VerifiedToken | undefined> {
  const key = headers.get('x-api-key')
  if (key === null) return undefined
  const found = Object.hasOwn(keys, key) ? keys[key] : undefined
  if (!found) throw new OAuthError('token_invalid')
  return { subject: 'job', clientId: 'api-key', scopes: [], expiresAt: never, claims: {}, ...found }
}

async function start(options: RemoteServerOptions = {}): Promise<RemoteServer> {
  return await startRemote({
    authenticate: byHeader,
    ...options,
    host: {
      answer: ({ subject, clientId, scopes, roles, token }) => ({ subject, clientId, scopes, roles, token }),
      ...options.host,
    },
  })
}

const withKey = (key: string) => ({ headers: { 'x-api-key': key } })

it('lets a caller pass whom the server knows by a key of its own, without a token and without the provider', async () => {
  const server = await start()
  server.idp.fail('*', 'refused')
  const answer = await callMCP(server, undefined, withKey('key-of-a-job'))
  expect(answer.json()).toEqual({
    subject: 'job',
    clientId: 'api-key',
    scopes: ['read', 'write'],
    roles: [],
    token: '',
  })
  expect(server.idp.requests).toEqual([])
})

it('takes the key for who is calling, also beside a good token of somebody else', async () => {
  const server = await start()
  expect((await callMCP(server, server.mint(), withKey('key-of-a-job'))).json()).toMatchObject({ subject: 'job' })
})

it('A031 refuses a key nobody has like a bad token, also beside a good token', async () => {
  const server = await start()
  expect(outcome(await callMCP(server, undefined, withKey('unknown')))).toBe('401 invalid_token')
  expect(outcome(await callMCP(server, undefined, withKey('__proto__')))).toBe('401 invalid_token')
  expect(outcome(await callMCP(server, server.mint(), withKey('unknown')))).toBe('401 invalid_token')
  expect(server.calls).toEqual([])
})

it('A028 leaves callers without a key to the access token, and its absence to the challenge', async () => {
  const server = await start()
  expect((await callMCP(server, server.mint())).json()).toMatchObject({ subject: 'user-1', clientId: 'client-1' })
  const answer = await callMCP(server)
  expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
    401,
    expect.stringContaining('resource_metadata='),
  ])
  expect(outcome(await callMCP(server, 'garbage'))).toBe('401 invalid_token')
})

it('A013 refuses a key whose time is over', async () => {
  const server = await start()
  expect(outcome(await callMCP(server, undefined, withKey('key-that-ended')))).toBe('401 invalid_token')
})

it('A038 asks a caller with a key for the scopes that the gate needs', async () => {
  const server = await start({ host: { gate: { requiredScopes: ['write'] } } })
  expect((await callMCP(server, undefined, withKey('key-of-a-job'))).status).toBe(200)
  expect(outcome(await callMCP(server, undefined, withKey('key-of-an-admin')))).toBe('403 insufficient_scope')
})

it('takes the roles that came with the key, and else asks for them as always', async () => {
  const server = await start({ roles: ({ subject }) => [`role of ${subject}`] })
  const rolesOf = async (key: string): Promise<unknown> =>
    (await callMCP(server, undefined, withKey(key))).json()['roles']
  expect(await rolesOf('key-of-an-admin')).toEqual(['admin'])
  expect(await rolesOf('key-of-a-job')).toEqual(['role of job'])
})

it('A014 answers 500 without a word of the cause when the hook fails, and 503 when it says so', async () => {
  const failing = await start({
    authenticate: async () => {
      throw new Error('connect ECONNREFUSED postgres://user:password@db')
    },
  })
  const answer = await callMCP(failing, failing.mint())
  expect([outcome(answer), answer.headers.get('www-authenticate')]).toEqual(['500 server_error', null])
  expect(visible(answer)).not.toMatch(/ECONN|postgres|password/)
  const down = await start({
    authenticate: async () => {
      throw new OAuthError('store_unavailable')
    },
  })
  expect(tryLater(await callMCP(down, down.mint()))).toEqual(outage)
  expect([...failing.calls, ...down.calls]).toEqual([])
})

it('A035 asks the hook nothing about a request from a foreign page', async () => {
  const asked: string[] = []
  const server = await start({
    authenticate: async ({ url }) => {
      asked.push(url)
      return undefined
    },
  })
  expect((await callMCP(server, undefined, { headers: { origin: 'https://evil.example' } })).status).toBe(403)
  expect(asked).toEqual([])
})
