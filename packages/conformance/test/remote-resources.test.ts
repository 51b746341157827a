import { describe, expect, it } from 'vitest'
import { outcome } from './support/answers.ts'
import { send } from './support/browser.ts'
import { callMCP } from './support/client.ts'
import { createClock } from './support/clock.ts'
import { accepted, judgeToken, refused } from './support/gate.ts'
import { createTestIdP, type RemoteServer, startRemote } from './support/remote.ts'

/** A server with two resources, and the second one as a server of its own to the test. */
async function startTwo(): Promise<{ first: RemoteServer; second: RemoteServer }> {
  const publicOrigin = 'https://mcp.example'
  const server = await startRemote({
    publicOrigin,
    allowedHosts: ['127.0.0.1'],
    otherResources: [{ resource: `${publicOrigin}/files`, scopes: ['files'], name: 'Files' }],
    host: { paths: ['/mcp', '/files'] },
  })
  // What is published is not where it listens.
  return {
    first: { ...server, mcpURL: `${server.origin}/mcp` },
    second: { ...server, mcpURL: `${server.origin}/files` },
  }
}

it('A012 C9 refuses a remote token for a sibling resource of the same server, in both directions', async () => {
  const { first, second } = await startTwo()
  const forFirst = first.idp.mint('https://mcp.example/mcp')
  const forSecond = first.idp.mint('https://mcp.example/files')
  expect(await judgeToken(first, forFirst)).toEqual(accepted)
  expect(await judgeToken(second, forSecond)).toEqual(accepted)
  // What is remembered for one resource is nothing at the other.
  expect(await judgeToken(first, forSecond)).toEqual(refused)
  expect(await judgeToken(second, forFirst)).toEqual(refused)
})

it('A012 C9 refuses a remote token for another server that trusts the same provider, in both directions', async () => {
  const clock = createClock()
  const idp = createTestIdP(clock)
  const [one, other] = [await startRemote({ clock, idp }), await startRemote({ clock, idp })]
  expect(await judgeToken(one, one.mint())).toEqual(accepted)
  expect(await judgeToken(other, other.mint())).toEqual(accepted)
  expect(await judgeToken(one, other.mint())).toEqual(refused)
  expect(await judgeToken(other, one.mint())).toEqual(refused)
})

it('A052 takes a token that the provider issued for its default audience where it is told to, and nowhere else', async () => {
  const clock = createClock()
  const idp = createTestIdP(clock)
  const one = await startRemote({ clock, idp, verifier: { audience: 'https://api.example' } })
  const other = await startRemote({ clock, idp })
  const token = idp.mint('https://api.example')
  expect(await judgeToken(one, token)).toEqual(accepted)
  expect(await judgeToken(other, token)).toEqual(refused)
})

it('A028 A052 describes each resource at its own place, and challenges with that', async () => {
  const { first, second } = await startTwo()
  const challenges = await Promise.all(
    [first, second].map(async (server) => (await callMCP(server)).headers.get('www-authenticate')),
  )
  expect(challenges).toEqual([
    'Bearer scope="read", resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp"',
    'Bearer scope="files", resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/files"',
  ])
  const document = async (at: string): Promise<unknown> =>
    (await send(`${first.origin}/.well-known/oauth-protected-resource${at}`)).json()
  const issuers = { authorization_servers: [first.idp.issuer], bearer_methods_supported: ['header'] }
  const ofFirst = { resource: 'https://mcp.example/mcp', scopes_supported: ['read'], ...issuers }
  expect(await document('/mcp')).toEqual(ofFirst)
  expect(await document('')).toEqual(ofFirst)
  expect(await document('/files')).toEqual({
    resource: 'https://mcp.example/files',
    scopes_supported: ['files'],
    resource_name: 'Files',
    ...issuers,
  })
})

describe('A038 A039 a gate in remote mode that needs scopes', () => {
  const gate = { requiredScopes: ['read', 'write'] }

  it('answers a token that lacks one with 403, every scope it needs, and the metadata', async () => {
    const server = await startRemote({ host: { gate } })
    const answer = await callMCP(server, server.mint())
    expect(outcome(answer)).toBe('403 insufficient_scope')
    expect(answer.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_scope", error_description="The access token lacks a required scope", ' +
        `scope="read write", resource_metadata="${server.origin}/.well-known/oauth-protected-resource/mcp"`,
    )
    expect(server.calls).toEqual([])
  })

  it.each([
    { scope: 'write read' },
    { scope: undefined, scp: ['read', 'write', 'more'] },
    { scope: undefined, scp: 'read write' },
  ])('lets a token pass that has them: %j', async (payload) => {
    const server = await startRemote({ host: { gate } })
    expect(await judgeToken(server, server.mint({ payload }))).toEqual(accepted)
  })

  it.each([
    { scope: '' },
    { scope: undefined },
    { scope: ['read', 7, 'write '] },
    { scope: 'read,write' },
    { scope: 'READ WRITE' },
  ])('reads no scope into %j', async (payload) => {
    const server = await startRemote({ host: { gate } })
    expect(outcome(await callMCP(server, server.mint({ payload })))).toBe('403 insufficient_scope')
  })

  it('A040 takes a wider scope for the narrower one where the operator says so', async () => {
    const server = await startRemote({ host: { gate }, scopeHierarchy: { admin: ['read', 'write'] } })
    expect(await judgeToken(server, server.mint({ payload: { scope: 'admin' } }))).toEqual(accepted)
  })
})
