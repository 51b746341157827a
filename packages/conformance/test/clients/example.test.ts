import { beforeAll, expect, it } from 'vitest'
import { type RunningServer, runServer } from '../../../../examples/kit/test/servers/support/server.ts'
import type { Application, ApplicationOptions } from './application.ts'
import { walk } from './person.ts'
import { createV1Application } from './sdk-v1.ts'
import { createV2Application } from './sdk-v2.ts'

/** The user whom the fake Discord's page names last. */
const wumpus = '53908232506183680'

let server: RunningServer
beforeAll(async () => {
  server = await runServer('discord-express')
  return async () => await server.stop()
})

type Create = (options: ApplicationOptions) => Application
const kinds: readonly { readonly sdk: string; readonly create: Create }[] = [
  { sdk: 'v1', create: createV1Application },
  { sdk: 'v2 on the stateful wire', create: (options) => createV2Application('legacy', options) },
  { sdk: 'v2 on the stateless wire', create: (options) => createV2Application({ pin: '2026-07-28' }, options) },
]

it.each(kinds)(
  'A028 A081 A091 $sdk logs in at the example server and refreshes a refused token',
  async ({ create }) => {
    const application = create({ mcpURL: server.mcpURL, person: walk })
    await application.connect()
    const { wallet } = application
    const facts = JSON.parse(await application.call('whoami'))
    expect(facts).toMatchObject({ sub: wumpus, client_id: wallet.registration?.client_id })
    const before = wallet.kept
    if (before) wallet.kept = { ...before, access_token: `${before.access_token}x` }
    expect(JSON.parse(await application.call('whoami'))).toEqual(facts)
    expect(wallet.kept?.refresh_token).not.toBe(before?.refresh_token)
    expect(wallet.sent).toHaveLength(1)
    await application.close()
  },
)

it.each(kinds.slice(1))('A038 A039 $sdk steps up at the example server when a tool needs it', async ({ create }) => {
  const application = create({ mcpURL: server.mcpURL, person: walk })
  await application.connect()
  await expect(application.call('list_guilds')).rejects.toThrow(application.UnauthorizedError)
  await application.signIn()
  expect(JSON.parse(await application.call('list_guilds'))).toEqual([])
  await application.close()
})
