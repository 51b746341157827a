/** Calls that are in progress when a server is told to end: Discord does not answer, and they would last for ever. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeDiscord } from '@mcp-auth/provider-discord/mocks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LoopbackServer, serveLoopback } from '../../src/serve-loopback.ts'
import { callTool, login, type McpAnswer, send, users, type Wire } from './support/client.ts'
import { type Example, examples, type RunningServer, runServer } from './support/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'call-at-the-end-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Told of each call that Discord is asked to do its part of. */
let onArrival = (): void => {}
let discord: LoopbackServer
let variables: Readonly<Record<string, string>>
beforeAll(async () => {
  const started = await serveLoopback(() => {
    const fake = createFakeDiscord({ settings: { interactive: true }, record: false })
    return {
      ...fake,
      async fetch(request: Request): Promise<Response> {
        if (!request.url.endsWith('/users/@me/guilds')) return await fake.fetch(request)
        onArrival()
        return await new Promise<Response>(() => {})
      },
    }
  })
  discord = started
  variables = {
    DISCORD_API_URL: `${started.origin}/api/v10`,
    DISCORD_AUTHORIZE_URL: `${started.origin}/oauth2/authorize`,
    DISCORD_CLIENT_ID: started.fake.clientId,
    DISCORD_CLIENT_SECRET: started.fake.clientSecret,
  }
  return async () => await discord.close()
})

type Call = (server: RunningServer, token: string) => Promise<McpAnswer>
const onWire =
  (wire: Wire): Call =>
  async (server, token) =>
    await callTool(server, token, wire, 'list_guilds')
const withoutSession: Call = async (server, token) => {
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'list_guilds', arguments: {} } }
  return await send(server, token, body, { 'mcp-protocol-version': '2025-11-25' })
}

const refused = { code: -32_000, message: 'The server is shutting down' }
/** What clients are told; one whose connection is cut knows as well that something went wrong. */
const outcomes = {
  '2025-11-25': { status: 'fulfilled', value: { status: 200, message: { error: refused } } },
  '2026-07-28': { status: 'fulfilled', value: { status: 503, message: { error: refused } } },
} as const

const cases: readonly (readonly [Example, Wire, Call, object])[] = [
  ...examples.flatMap((example) =>
    (['2025-11-25', '2026-07-28'] as const).map((wire) => [example, wire, onWire(wire), outcomes[wire]] as const),
  ),
  ['mcp-handler', '2025-11-25', withoutSession, { status: 'rejected' }],
  [
    'fastmcp-server',
    '2025-11-25',
    withoutSession,
    { status: 'fulfilled', value: { message: { result: { isError: true } } } },
  ],
]

describe.each(cases)('%s (%s)', (example, wire, call, outcome) => {
  it('K004 ends in time at SIGTERM, and every call in progress is in the audit log', async () => {
    const file = join(folder, `${example}-${wire}.log`)
    const server = await runServer(example, { ...variables, MCP_AUTH_AUDIT_LOG: file })
    const token = await login(server, { scope: 'identify guilds' })
    let arrived = 0
    const bothAreThere = new Promise<void>((resolve) => {
      onArrival = () => void (++arrived === 2 && resolve())
    })
    const answers = Promise.allSettled([call(server, token), call(server, token)])
    await bothAreThere
    const began = performance.now()
    server.kill('SIGTERM')
    expect(await server.exit).toEqual({ code: 0, signal: null })
    expect(performance.now() - began).toBeLessThan(5000)
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.includes('"tool.'))
      .map((line): unknown => JSON.parse(line))
    expect(lines).toHaveLength(2)
    for (const line of lines) {
      expect(line).toMatchObject({ event: 'tool.called', tool: 'list_guilds', outcome: 'error', subject: users.nelly })
    }
    for (const answer of await answers) expect(answer).toMatchObject(outcome)
  })
})
