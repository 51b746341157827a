import { expect, it } from 'vitest'
import { outcome } from './support/answers.ts'
import { callMCP } from './support/client.ts'
import { newForgeKey } from './support/forge.ts'
import { type RemoteServer, type RemoteServerOptions, startRemote } from './support/remote.ts'

const gate = { allowAnonymous: true }

async function start(options: RemoteServerOptions = {}): Promise<RemoteServer> {
  return await startRemote({
    ...options,
    host: {
      gate,
      answer: ({ anonymous, subject, scopes, roles, token, clientId }) => ({
        anonymous,
        subject,
        scopes,
        roles,
        clientId,
        hasToken: token !== '',
      }),
      ...options.host,
    },
  })
}

const nobody = { anonymous: true, subject: '', scopes: [], roles: [], clientId: '', hasToken: false }

it('lets a request without credentials pass as nobody, where the gate allows it, and asks the provider nothing', async () => {
  const server = await start({ roles: () => ['admin'] })
  const answer = await callMCP(server)
  expect([answer.status, answer.json()]).toEqual([200, nobody])
  expect(server.idp.requests).toEqual([])
})

it.each(['Basic Y2xpZW50OnNlY3JldA==', 'Bearer', ''])(
  'takes %j for no credentials, like everywhere',
  async (header) => {
    const server = await start()
    const answer = await callMCP(server, undefined, { headers: { authorization: header } })
    expect([answer.status, answer.json()]).toEqual([200, nobody])
  },
)

it('tells somebody who is signed in from nobody', async () => {
  const server = await start({ roles: () => ['admin'] })
  expect((await callMCP(server, server.mint())).json()).toEqual({
    anonymous: false,
    subject: 'user-1',
    scopes: ['read'],
    roles: ['admin'],
    clientId: 'client-1',
    hasToken: true,
  })
})

it('A031 refuses a token that is not good although nobody would pass: garbage, forged, expired, for another', async () => {
  const server = await start()
  const tokens = [
    'garbage',
    server.mint({}, newForgeKey()),
    server.mint({ payload: { exp: 1 } }),
    server.mint({ payload: { aud: 'https://other.example' } }),
  ]
  for (const token of tokens) expect(outcome(await callMCP(server, token))).toBe('401 invalid_token')
  expect(server.calls).toEqual([])
})

it('A032 refuses a broken header although nobody would pass', async () => {
  const server = await start()
  const token = server.mint()
  for (const header of [`Bearer ${token} ${token}`, `Bearer ${token}, Bearer ${token}`, 'Bearer a"b']) {
    const answer = await callMCP(server, undefined, { headers: { authorization: header } })
    expect([header, outcome(answer)]).toEqual([header, '400 invalid_request'])
  }
})

it('D9 answers 503 to a token that cannot be judged now, and does not take its holder for nobody', async () => {
  const server = await start()
  server.idp.fail('*', 'refused')
  expect((await callMCP(server, server.mint())).status).toBe(503)
  expect((await callMCP(server)).status).toBe(200)
})

it('A028 invites nobody to sign in where scopes are required, whatever else is allowed', async () => {
  const server = await start({ host: { gate: { allowAnonymous: true, requiredScopes: ['write'] } } })
  const answer = await callMCP(server)
  expect(answer.status).toBe(401)
  expect(answer.headers.get('www-authenticate')).toContain('resource_metadata=')
  // At once for what this gate needs, or people would sign in twice.
  expect(answer.headers.get('www-authenticate')).toContain('scope="read write"')
  expect(outcome(await callMCP(server, server.mint()))).toBe('403 insufficient_scope')
  expect((await callMCP(server, server.mint({ payload: { scope: 'write' } }))).status).toBe(200)
})

it('A028 lets nobody pass unless the gate says so', async () => {
  const server = await startRemote({ host: { gate: { allowAnonymous: false } } })
  expect((await callMCP(server)).status).toBe(401)
  expect((await callMCP(await startRemote())).status).toBe(401)
})

it('A035 lets no page of another origin pass as nobody', async () => {
  const server = await start()
  const answer = await callMCP(server, undefined, { headers: { origin: 'https://evil.example' } })
  expect([answer.status, server.calls]).toEqual([403, []])
})
