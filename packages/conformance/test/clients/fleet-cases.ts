/** Official clients in front of servers that come and go: none of them may notice. */
import { describe, expect, it } from 'vitest'
import { type Fleet, startFleet } from '../../../../examples/kit/test/servers/support/store-fleet.ts'
import type { Application, ApplicationOptions } from './application.ts'
import { walk } from './person.ts'
import { createV1Application } from './sdk-v1.ts'
import { createV2Application } from './sdk-v2.ts'

/** The user whom the fake Discord's page names last. */
const wumpus = '53908232506183680'

type Create = (options: ApplicationOptions) => Application
const kinds: readonly { readonly sdk: string; readonly create: Create; readonly version: string }[] = [
  { sdk: 'v1', create: createV1Application, version: '2025-11-25' },
  {
    sdk: 'v2 with its default options',
    create: (options) => createV2Application(undefined, options),
    version: '2025-11-25',
  },
  {
    sdk: 'v2 on the stateless wire',
    create: (options) => createV2Application({ pin: '2026-07-28' }, options),
    version: '2026-07-28',
  },
]

async function connect(create: Create, { origin }: Fleet): Promise<Application> {
  const application = create({ mcpURL: `${origin}/mcp`, person: walk })
  await application.connect()
  return application
}

async function expectServed(application: Application): Promise<void> {
  expect(JSON.parse(await application.call('whoami'))).toMatchObject({ sub: wumpus })
}

/** Describes a restart; `open` gives a fresh store as a value of `MCP_AUTH_STORE`. */
export function describeRestart(name: string, open: () => Promise<string>): void {
  describe.each(kinds)(`${name}: a client of the SDK $sdk`, ({ create, version }) => {
    it.each(['SIGTERM', 'SIGKILL'] as const)(
      'does not notice that the server was ended by %s and started again in the middle of its session',
      async (signal) => {
        const fleet = await startFleet(await open())
        const application = await connect(create, fleet)
        expect(application.protocolVersion()).toBe(version)
        await expectServed(application)
        await fleet.restart(signal)
        await expectServed(application)
        await expectServed(application)
        expect(application.wallet.sent).toHaveLength(1)
        await application.close()
        await fleet.stop()
      },
    )
  })
}

/** Describes two servers; `open` gives a fresh store as a value of `MCP_AUTH_STORE`. */
export function describeTurns(name: string, open: () => Promise<string>): void {
  it.each(kinds)(
    `${name}: a client of the SDK $sdk does not notice that two servers take turns, request by request`,
    async ({ create }) => {
      const fleet = await startFleet(await open(), 2)
      const application = await connect(create, fleet)
      for (let round = 0; round < 6; round += 1) await expectServed(application)
      await Promise.all(Array.from({ length: 8 }, async () => await expectServed(application)))
      expect(application.wallet.sent).toHaveLength(1)
      await application.close()
      await fleet.stop()
    },
  )
}
