import { createMCPAccess, requireRole } from '@mcp-auth/express'
import { describe, expect, it } from 'vitest'
import { type Caller, connectCaller, messageOf, pairs, servers, tokenOf } from './support/access-caller.ts'
import { type AccessServer, type ServerKind, startAccessServer } from './support/access-mcp.ts'
import { createV1Server, createV2Server } from './support/access-tools.ts'

const moderator = requireRole('moderator')
const rules = {
  tools: { ban: moderator, late: moderator },
  prompts: { verdict: moderator },
  resources: { 'doc://secret/': moderator },
  resourceTemplates: { 'log://{day}': moderator },
}

async function start(kind: ServerKind): Promise<AccessServer> {
  return await startAccessServer(kind, { rules })
}

/** Everything a caller can see. */
async function visible({ client }: Caller): Promise<string[]> {
  const { tools } = await client.listTools()
  const { prompts } = await client.listPrompts()
  const { resources } = await client.listResources()
  const { resourceTemplates } = await client.listResourceTemplates()
  const names = [...tools, ...prompts].map(({ name }) => name)
  const uris = [...resources.map(({ uri }) => uri), ...resourceTemplates.map(({ uriTemplate }) => uriTemplate)]
  return [...names, ...uris].filter((name) => name !== 'flow')
}

const open = ['whoami', 'list_guilds', 'both', 'greet', 'doc://open/']
const all = [...open, 'ban', 'late', 'verdict', 'doc://secret/', 'log://monday', 'log://{day}']

/** What the server answers to a call, however the client takes it, without the name and the id. */
async function answerTo(caller: Caller, name: string, call: () => Promise<unknown>): Promise<string> {
  await call().catch(() => undefined)
  const received = await caller.last()
  const message: unknown = { ...messageOf(received), id: 0 }
  return `${received.status} ${JSON.stringify(message).replaceAll(name, 'NAME')}`
}

describe.each(pairs)('A120 $title', ({ server: kind, client }) => {
  it('shows each caller their own lists, and marks them as private', async () => {
    const server = await start(kind)
    server.roles.set('nelly', ['moderator'])
    const nelly = await connectCaller(server, client, await tokenOf(server, 'nelly'))
    const wumpus = await connectCaller(server, client, await tokenOf(server, 'wumpus'))
    expect((await visible(nelly)).toSorted()).toEqual(all.toSorted())
    expect((await visible(wumpus)).toSorted()).toEqual(open.toSorted())
    for (const caller of [nelly, wumpus]) {
      await caller.client.listTools()
      const { result } = messageOf(await caller.last())
      expect(result?.['cacheScope']).toBe(kind === 'v2 stateless' ? 'private' : undefined)
    }
  })

  it('answers what is hidden like what does not exist, apart from the name, and runs nothing', async () => {
    const server = await start(kind)
    const caller = await connectCaller(server, client, await tokenOf(server, 'wumpus'))
    const { client: asking } = caller
    const calls: readonly (readonly [string, string, (name: string) => Promise<unknown>])[] = [
      ['ban', 'nix', (name) => asking.callTool({ name, arguments: { a: 1 } })],
      ['late', 'nixx', (name) => asking.callTool({ name })],
      ['verdict', 'nothing', (name) => asking.getPrompt({ name })],
      ['doc://secret/', 'doc://nothing/', (uri) => asking.readResource({ uri })],
      ['DOC://secret', 'DOC://nothin', (uri) => asking.readResource({ uri })],
      ['doc://secret/a/..', 'doc://nothin/a/..', (uri) => asking.readResource({ uri })],
      ['log://monday', 'lag://monday', (uri) => asking.readResource({ uri })],
      [
        'verdict',
        'nothing',
        (name) => asking.complete({ ref: { type: 'ref/prompt', name }, argument: { name: 'who', value: '' } }),
      ],
      [
        'log://{day}',
        'lag://{day}',
        (uri) => asking.complete({ ref: { type: 'ref/resource', uri }, argument: { name: 'day', value: '' } }),
      ],
    ]
    for (const [hidden, unknown, call] of calls) {
      const forHidden = await answerTo(caller, hidden, () => call(hidden))
      const forUnknown = await answerTo(caller, unknown, () => call(unknown))
      // A URI may come back as its parser writes it.
      const plain = (text: string): string =>
        text.replaceAll(/(doc|log|lag):\/\/(secret|nothin|nothing|monday)\/?/g, 'URI')
      expect([hidden, plain(forHidden)]).toEqual([hidden, plain(forUnknown)])
      expect(forHidden).toMatch(/not found/i)
    }
    expect([...server.runs]).toEqual([])
    expect(server.events.filter(({ type }) => type.endsWith('.denied'))).toHaveLength(calls.length)
  })

  it('shows and refuses by the roles of this very call', async () => {
    const server = await start(kind)
    server.roles.set('nelly', ['moderator'])
    const caller = await connectCaller(server, client, await tokenOf(server, 'nelly'))
    expect(JSON.stringify(await caller.client.callTool({ name: 'ban' }))).toContain('ban for')
    expect(JSON.stringify(await caller.client.callTool({ name: 'late' }))).toContain('late for')
    server.roles.clear()
    expect(await answerTo(caller, 'ban', () => caller.client.callTool({ name: 'ban' }))).toMatch(/not found/)
    expect(await visible(caller)).not.toContain('ban')
    expect(Object.fromEntries(server.runs)).toEqual({ ban: 1, late: 1 })
    server.roles.set('nelly', ['moderator'])
    expect(await visible(caller)).toContain('ban')
  })
})

describe.each(servers)('A120 $title', ({ server: kind, client }) => {
  it('reports every call with who called, and nothing of its parameters', async () => {
    const server = await start(kind)
    const caller = await connectCaller(server, client, await tokenOf(server, 'wumpus'))
    await caller.client.callTool({ name: 'whoami', arguments: { password: 'the secret of the caller' } })
    await caller.client
      .callTool({ name: 'ban', arguments: { password: 'the secret of the caller' } })
      .catch(() => undefined)
    const reported = server.events.filter(({ type }) => type.startsWith('tool.'))
    expect(reported).toMatchObject([
      { type: 'tool.called', name: 'whoami', outcome: 'ok', subject: expect.stringMatching(/^\d+$/) },
      { type: 'tool.denied', name: 'ban', reason: 'role_missing', missingRoles: ['moderator'] },
    ])
    expect(JSON.stringify(server.events)).not.toContain('the secret of the caller')
    expect(JSON.stringify(server.events)).not.toContain(caller.token)
  })
})

describe('A120 the 2026-07-28 wire', () => {
  it('refuses to listen to a resource that is hidden: the SDK would answer before there is a server', async () => {
    const server = await start('v2 stateless')
    const caller = await connectCaller(server, { pin: '2026-07-28' }, await tokenOf(server, 'wumpus'))
    await caller.client.listTools()
    const listen = async (uri: string): Promise<number> => {
      const notifications = { resourceSubscriptions: [uri] }
      const params = { ...caller.sent().params, notifications }
      const body = JSON.stringify({ jsonrpc: '2.0', id: 9, method: 'subscriptions/listen', params })
      const headers = caller.headers()
      headers.set('mcp-method', 'subscriptions/listen')
      const response = await fetch(server.mcpURL, { method: 'POST', headers, body })
      await response.body?.cancel()
      return response.status
    }
    expect(await listen('doc://secret/')).toBe(403)
    expect(await listen('log://monday')).toBe(403)
    expect(await listen('doc://open/')).toBe(200)
  })
})

describe('protect', () => {
  it('refuses a server of either SDK that is connected already', async () => {
    const server = await start('v2 stateless')
    const access = createMCPAccess(server.auth, rules)
    const transport = { start: async () => {}, send: async () => {}, close: async () => {} }
    const message = 'protect(server) has to be called before the server is connected'
    const { server: first } = createV1Server(new Map())
    await first.connect({ ...transport })
    expect(() => access.protect(first)).toThrow(new TypeError(message))
    expect(() => access.protect(first.server)).toThrow(new TypeError(message))
    const { server: second } = createV2Server(new Map())
    await second.connect({ ...transport })
    expect(() => access.protect(second)).toThrow(new TypeError(message))
    expect(() => access.protect(second.server)).toThrow(new TypeError(message))
  })
})
