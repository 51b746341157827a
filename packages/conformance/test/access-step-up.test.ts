import { requireRole, requireScopes } from '@mcp-auth/express'
import { fakeUsers } from '@mcp-auth/provider-discord/mocks'
import type { VersionNegotiationMode } from '@modelcontextprotocol/client'
import { afterEach, expect, it } from 'vitest'
import type { Application } from './clients/application.ts'
import { toDiscord, walk } from './clients/person.ts'
import { createV2Application } from './clients/sdk-v2.ts'
import { type AccessServer, type ServerKind, startAccessServer } from './support/access-mcp.ts'

const rules = {
  tools: { whoami: requireScopes('identify'), list_guilds: requireScopes('guilds'), ban: requireRole('mod') },
}

let application: Application | undefined
afterEach(async () => await application?.close())

async function connect(kind: ServerKind, mode: VersionNegotiationMode): Promise<[AccessServer, Application]> {
  const server = await startAccessServer(kind, { rules })
  const elsewhere = toDiscord(server)
  const created = createV2Application(mode, {
    mcpURL: server.mcpURL,
    person: async (url, redirectURI) => await walk(url, redirectURI, { elsewhere }),
  })
  application = created
  await created.connect()
  return [server, created]
}

const cases: readonly (readonly [ServerKind, string, VersionNegotiationMode])[] = [
  ['v1 stateful', '2025-11-25', 'legacy'],
  ['v2 stateful', '2025-11-25', 'legacy'],
  ['v2 stateless', '2026-07-28', { pin: '2026-07-28' }],
]

it.each(cases)('A038 A039 steps up with the SDK client: %s on %s', async (kind, _wire, mode) => {
  const [server, client] = await connect(kind, mode)
  expect(await client.call('whoami')).toBe(`whoami for ${fakeUsers.nelly.id}`)
  const { wallet } = client
  expect(wallet.sent).toHaveLength(1)

  await expect(client.call('list_guilds')).rejects.toThrow(client.UnauthorizedError)
  expect(server.runs.get('list_guilds')).toBeUndefined()
  expect(wallet.sent).toHaveLength(2)
  const asked = wallet.sent[1]?.searchParams.get('scope')?.split(' ')
  expect(asked).toEqual(expect.arrayContaining(['identify', 'guilds']))

  await client.signIn()
  expect(await client.call('list_guilds')).toBe(`list_guilds for ${fakeUsers.nelly.id}`)
  expect(await client.call('whoami')).toBe(`whoami for ${fakeUsers.nelly.id}`)
  expect(wallet.sent).toHaveLength(2)
  expect(Object.fromEntries(server.runs)).toEqual({ whoami: 2, list_guilds: 1 })
})

it.each(cases)('sends nobody to a consent that could not help: %s on %s', async (kind, _wire, mode) => {
  const [server, client] = await connect(kind, mode)
  await client.call('ban').catch(() => undefined)
  expect(client.wallet.sent).toHaveLength(1)
  expect(server.runs.get('ban')).toBeUndefined()
})
