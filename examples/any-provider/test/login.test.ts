import type { FakeIdP } from '@mcp-auth/core/mocks'
import { startOIDCServer } from '@mcp-auth/testing'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { callTool, login, rpc, toolResult, type Wire } from '../../kit/test/servers/support/client.ts'
import { type RunningServer, runServer } from '../../kit/test/servers/support/server.ts'

const wires: readonly Wire[] = ['2025-11-25', '2026-07-28']
const [nelly, wumpus] = ['user-nelly', 'user-wumpus']

let server: RunningServer
beforeAll(async () => {
  server = await runServer('any-provider', { ADMIN_SUBJECTS: nelly })
})
afterAll(async () => await server.stop())

const toolNames = async (token: string, wire: Wire): Promise<string[]> =>
  (await rpc(server, token, wire, 'tools/list')).message.result.tools.map(({ name }) => name)

it.each(wires)('signs somebody in at the embedded OpenID Provider, who says who that is, on %s', async (wire) => {
  const token = await login(server, { user: wumpus, scope: 'openid profile' })
  expect(toolResult(await callTool(server, token, wire, 'whoami'))).toEqual({
    sub: wumpus,
    client_id: expect.any(String),
    scopes: ['openid', 'profile'],
    username: 'wumpus',
  })
})

it.each(wires)('shows server_stats to the administrator and to nobody else, on %s', async (wire) => {
  const admin = await login(server, { user: nelly, scope: 'openid profile' })
  expect(await toolNames(admin, wire)).toEqual(['whoami', 'server_stats'])
  expect(toolResult(await callTool(server, admin, wire, 'server_stats'))).toMatchObject({ counts: expect.any(Object) })
  const user = await login(server, { user: wumpus, scope: 'openid profile' })
  expect(await toolNames(user, wire)).toEqual(['whoami'])
  const [denied, unknown] = [
    await callTool(server, user, wire, 'server_stats'),
    await callTool(server, user, wire, 'no_such_tool'),
  ]
  expect(denied.message.result).toBeUndefined()
  expect(denied.message.error.code).toBe(unknown.message.error.code)
})

/** An OpenID Provider that MCP clients know themselves. */
async function startProvider(): Promise<FakeIdP> {
  const { idp, close } = await startOIDCServer()
  onTestFinished(close)
  return idp
}

it.each(wires)(
  'A011 A018 takes the tokens that an OpenID Provider issued for it, and no others, on %s',
  async (wire) => {
    const provider = await startProvider()
    const remote = await runServer('any-provider', { OIDC_ISSUER: provider.issuer, ADMIN_SUBJECTS: nelly })
    const token = await provider.mintAccessToken({ aud: remote.mcpURL, sub: nelly })
    expect(toolResult(await callTool(remote, token, wire, 'whoami'))).toMatchObject({ sub: nelly })
    expect(toolResult(await callTool(remote, token, wire, 'server_stats'))).toMatchObject({
      counts: expect.any(Object),
    })
    const forAnother = await provider.mintAccessToken({ aud: 'https://other.example/mcp', sub: nelly })
    const foreign = await (await startProvider()).mintAccessToken({ aud: remote.mcpURL, sub: nelly })
    for (const bad of [forAnother, foreign, await provider.mintIDToken()]) {
      const answer = await fetch(remote.mcpURL, { method: 'POST', headers: { authorization: `Bearer ${bad}` } })
      expect(answer.status).toBe(401)
    }
    const documents = await fetch(`${remote.origin}/.well-known/oauth-authorization-server`)
    expect(await documents.json()).toMatchObject({ issuer: provider.issuer })
    await remote.stop()
  },
)

it('takes the audience that OIDC_AUDIENCE names', async () => {
  const provider = await startProvider()
  const audience = 'https://api.example'
  const remote = await runServer('any-provider', { OIDC_ISSUER: provider.issuer, OIDC_AUDIENCE: audience })
  const ask = async (aud: string): Promise<number> => {
    const authorization = `Bearer ${await provider.mintAccessToken({ aud })}`
    return (await fetch(remote.mcpURL, { method: 'POST', headers: { authorization } })).status
  }
  expect(await ask(remote.mcpURL)).toBe(401)
  expect(await ask(audience)).not.toBe(401)
  await remote.stop()
})
