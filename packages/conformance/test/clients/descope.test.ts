import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningServer, remoteExamples, runServer } from '../../../../examples/kit/test/servers/support/server.ts'
import type { Application, ApplicationOptions } from './application.ts'
import { walk } from './person.ts'
import { createV1Application } from './sdk-v1.ts'
import { createV2Application } from './sdk-v2.ts'

/** The user whom the fake Descope's page names last: role `admin`, no tenant. */
const wumpus = 'U2FakeWumpus00000000000000000'

type Create = (options: ApplicationOptions) => Application
const kinds: readonly { readonly sdk: string; readonly create: Create }[] = [
  { sdk: 'v1', create: createV1Application },
  { sdk: 'v2 on the stateful wire', create: (options) => createV2Application('legacy', options) },
  { sdk: 'v2 on the stateless wire', create: (options) => createV2Application({ pin: '2026-07-28' }, options) },
]

describe.each(remoteExamples)('%s', (example) => {
  let server: RunningServer
  beforeAll(async () => {
    server = await runServer(example)
  })
  afterAll(async () => await server.stop())

  it.each(kinds)(
    'A055 A081 A091 $sdk finds Descope, registers and logs in there, and refreshes',
    async ({ create }) => {
      const application = create({ mcpURL: server.mcpURL, person: walk })
      await application.connect()
      const { wallet } = application
      const facts = JSON.parse(await application.call('whoami'))
      expect(facts).toMatchObject({ sub: wumpus, client_id: wallet.registration?.client_id, username: 'Wumpus' })
      expect(wallet.sent[0]?.origin).not.toBe(server.origin)
      expect(wallet.sent[0]?.searchParams.get('resource')).toBe(server.mcpURL)
      const before = wallet.kept
      if (before) wallet.kept = { ...before, access_token: `${before.access_token}x` }
      expect(JSON.parse(await application.call('whoami'))).toEqual(facts)
      expect(wallet.kept?.refresh_token).not.toBe(before?.refresh_token)
      expect(wallet.sent).toHaveLength(1)
      expect(JSON.parse(await application.call('server_stats'))).toMatchObject({ uptime_seconds: expect.any(Number) })
      await application.close()
    },
  )

  it.each(kinds.slice(1))('A038 A039 $sdk steps up at Descope when a tool needs it', async ({ create }) => {
    const application = create({ mcpURL: server.mcpURL, person: walk })
    await application.connect()
    await expect(application.call('list_tenants')).rejects.toThrow(application.UnauthorizedError)
    await application.signIn()
    expect(application.wallet.sent.at(-1)?.searchParams.get('scope')?.split(' ')).toEqual(
      expect.arrayContaining(['openid', 'tenants']),
    )
    expect(JSON.parse(await application.call('list_tenants'))).toEqual([])
    await application.close()
  })
})
