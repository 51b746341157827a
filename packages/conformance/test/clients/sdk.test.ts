import { afterEach, expect, it, vi } from 'vitest'
import { createMCPEndpoint } from '../support/mcp-server.ts'
import { startTestServer, type TestServer, type TestServerOptions } from '../support/server.ts'
import type { Application, ApplicationOptions } from './application.ts'
import { toDiscord, walk } from './person.ts'
import { createV1Application } from './sdk-v1.ts'
import { createV2Application } from './sdk-v2.ts'

interface Kind {
  readonly sdk: string
  readonly wire: string
  /** The scopes this SDK asks for, without being told. */
  readonly scopes: readonly string[]
  readonly create: (options: ApplicationOptions) => Application
}

const v1: Kind = { sdk: 'v1', wire: '2025-11-25', scopes: ['identify'], create: createV1Application }
const v2 = (wire: string, mode: Parameters<typeof createV2Application>[0]): Kind => ({
  sdk: `v2 ${typeof mode === 'string' ? mode : 'pinned'}`,
  wire,
  scopes: ['identify', 'offline_access'],
  create: (options) => createV2Application(mode, options),
})
const v2Kinds: readonly Kind[] = [
  v2('2025-11-25', 'legacy'),
  v2('2026-07-28', { pin: '2026-07-28' }),
  v2('2026-07-28', 'auto'),
]
const kinds: readonly Kind[] = [v1, ...v2Kinds]

const nelly = '80351110224678912'

let server: TestServer
let application: Application
afterEach(async () => {
  await application.close()
  await server.close()
})

/** Starts a server and an application whose person presses `decision`. */
async function start(
  kind: Kind,
  options: TestServerOptions & { readonly authMethod?: string; readonly decision?: 'approve' | 'deny' } = {},
): Promise<void> {
  const { authMethod, decision = 'approve', ...rest } = options
  server = await startTestServer({ ...rest, mcp: createMCPEndpoint() })
  const elsewhere = toDiscord(server)
  application = kind.create({
    mcpURL: server.mcpURL,
    authMethod,
    person: async (url, redirectURI) => await walk(url, redirectURI, { decision, elsewhere }),
  })
}

/** Signs in. On the stateful wire the SDK opens a stream in the background: its token is checked before time moves. */
async function connect({ wire }: Kind): Promise<void> {
  await application.connect()
  if (wire !== '2025-11-25') return
  await vi.waitUntil(() => server.calls.some(({ method }) => method === 'GET'), { timeout: 10_000 })
}

const whoami = async (): Promise<Record<string, unknown>> => JSON.parse(await application.call('whoami'))

it.each(kinds)(
  'A028 A053 A057 A081 A091 $sdk discovers, registers, logs in, calls a tool and refreshes',
  async (kind) => {
    await start(kind)
    await connect(kind)
    const { wallet } = application
    expect(application.protocolVersion()).toBe(kind.wire)
    const facts = await whoami()
    const clientId = wallet.registration?.client_id
    expect(facts).toEqual({ sub: nelly, client_id: clientId, scopes: kind.scopes, username: 'nelly' })
    const before = wallet.kept
    server.clock.advance(3601)
    expect(await whoami()).toEqual(facts)
    expect(wallet.kept?.access_token).not.toBe(before?.access_token)
    expect(wallet.kept?.refresh_token).not.toBe(before?.refresh_token)
    expect(wallet.sent).toHaveLength(1)
  },
)

it.each(
  kinds.flatMap((kind) => ['client_secret_basic', 'client_secret_post'].map((authMethod) => ({ ...kind, authMethod }))),
)('A043 A044 $sdk logs in and refreshes with $authMethod', async ({ authMethod, ...kind }) => {
  await start(kind, { authMethod })
  await connect(kind)
  const { registration } = application.wallet
  expect(registration).toMatchObject({ client_secret: expect.any(String), token_endpoint_auth_method: authMethod })
  server.clock.advance(3601)
  expect(await whoami()).toMatchObject({ sub: nelly, client_id: registration?.client_id })
})

it.each(v2Kinds)('A038 A039 $sdk is sent for the missing scope by a tool, and may call it afterwards', async (kind) => {
  await start(kind)
  await connect(kind)
  await expect(application.call('list_guilds')).rejects.toThrow(application.UnauthorizedError)
  const asked = application.wallet.sent[1]?.searchParams.get('scope')?.split(' ')
  expect(asked?.toSorted()).toEqual(['guilds', 'identify', 'offline_access'])
  await application.signIn()
  expect(await application.call('list_guilds')).toBe(`guilds of ${nelly}`)
  expect(application.wallet.sent).toHaveLength(2)
})

it.each(v2Kinds)('A024 A026 $sdk reads a refusal by the person as access_denied', async (kind) => {
  await start(kind, { decision: 'deny' })
  const refusal = { code: 'access_denied', message: 'The request was denied' }
  await expect(application.connect()).rejects.toMatchObject(refusal)
  expect(server.discord.requests).toEqual([])
})

it.each(kinds)('A096 $sdk signs in anew when Discord has ended the grant', async (kind) => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  await start(kind)
  await connect(kind)
  const { registration } = application.wallet
  server.discord.dropRefreshTokens()
  server.discord.dropAccessTokens()
  server.clock.advance(8 * 86_400)
  await expect(whoami()).rejects.toThrow(application.UnauthorizedError)
  expect(warn.mock.calls.flat().every((line) => String(line).includes('invalid_grant'))).toBe(true)
  await application.signIn()
  expect(await whoami()).toMatchObject({ sub: nelly })
  expect(application.wallet.registration).toEqual(registration)
})

it.each(kinds)('A097 D9 $sdk keeps its tokens through an outage of Discord and refreshes afterwards', async (kind) => {
  await start(kind)
  await connect(kind)
  const { kept } = application.wallet
  server.clock.advance(8 * 86_400)
  server.discord.fail('refresh', '503')
  await expect(whoami()).rejects.toThrow('The identity provider is not reachable')
  expect(application.wallet.kept).toEqual(kept)
  server.discord.recover()
  expect(await whoami()).toMatchObject({ sub: nelly })
  expect(application.wallet.sent).toHaveLength(1)
})

it.each(kinds)('A046 A086 $sdk registers again when its registration has expired', async (kind) => {
  vi.spyOn(console, 'warn').mockReturnValue()
  await start(kind, { lifetimes: { clientRegistration: 60 } })
  await connect(kind)
  const expired = application.wallet.registration?.client_id
  server.clock.advance(3601)
  await expect(whoami()).rejects.toThrow(application.UnauthorizedError)
  await application.signIn()
  const facts = await whoami()
  expect(facts['client_id']).toBe(application.wallet.registration?.client_id)
  expect(facts['client_id']).not.toBe(expired)
})
