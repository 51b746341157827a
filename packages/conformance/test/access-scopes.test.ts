import { requireAll, requireRole, requireScopes } from '@mcp-auth/express'
import { fakeUsers } from '@mcp-auth/provider-discord/mocks'
import { describe, expect, it } from 'vitest'
import { type Caller, connectCaller, messageOf, pairs, servers, tokenOf } from './support/access-caller.ts'
import {
  type AccessServer,
  type AccessServerOptions,
  type ServerKind,
  startAccessServer,
} from './support/access-mcp.ts'
import { send } from './support/browser.ts'

const { nelly } = fakeUsers
const rules = {
  tools: {
    list_guilds: requireScopes('guilds'),
    both: requireScopes('guilds', 'email'),
    ban: requireAll(requireScopes('guilds'), requireRole('moderator')),
  },
  prompts: { verdict: requireScopes('guilds') },
  resources: { 'doc://secret/': requireScopes('guilds') },
  resourceTemplates: { 'log://{day}': requireScopes('guilds') },
}

function insufficient({ origin }: AccessServer, scope: string): string {
  return (
    'Bearer error="insufficient_scope", error_description="The access token lacks a required scope", ' +
    `scope="${scope}", resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`
  )
}

async function start(kind: ServerKind, options: Partial<AccessServerOptions> = {}): Promise<AccessServer> {
  return await startAccessServer(kind, { rules, ...options })
}

async function refusalOf(caller: Caller, call: () => Promise<unknown>): Promise<unknown> {
  await expect(call()).rejects.toBeInstanceOf(Error)
  const { status, challenge } = await caller.last()
  return { status, challenge }
}

describe.each(pairs)('A038 A039 $title', ({ server: kind, client }) => {
  it('answers a missing scope with 403 before anything runs, with every scope, the same on repeat', async () => {
    const server = await start(kind)
    const caller = await connectCaller(server, client, await tokenOf(server, 'nelly'))
    const one = { status: 403, challenge: insufficient(server, 'identify guilds') }
    const all = { status: 403, challenge: insufficient(server, 'identify guilds email') }
    for (let repeat = 0; repeat < 2; repeat += 1) {
      expect(await refusalOf(caller, () => caller.client.callTool({ name: 'list_guilds' }))).toEqual(one)
      expect(await refusalOf(caller, () => caller.client.callTool({ name: 'both' }))).toEqual(all)
      expect(await refusalOf(caller, () => caller.client.getPrompt({ name: 'verdict' }))).toEqual(one)
      expect(await refusalOf(caller, () => caller.client.readResource({ uri: 'doc://secret/' }))).toEqual(one)
      expect(await refusalOf(caller, () => caller.client.readResource({ uri: 'DOC://secret/./' }))).toEqual(one)
      expect(await refusalOf(caller, () => caller.client.readResource({ uri: 'log://monday' }))).toEqual(one)
      const template = { type: 'ref/resource', uri: 'log://{day}' } as const
      const day = { name: 'day', value: 'm' }
      expect(await refusalOf(caller, () => caller.client.complete({ ref: template, argument: day }))).toEqual(one)
      const prompt = { type: 'ref/prompt', name: 'verdict' } as const
      const who = { name: 'who', value: 'm' }
      expect(await refusalOf(caller, () => caller.client.complete({ ref: prompt, argument: who }))).toEqual(one)
    }
    expect([...server.runs]).toEqual([])
  })

  it('runs what the scopes allow, and shows what they could allow', async () => {
    const server = await start(kind)
    const caller = await connectCaller(server, client, await tokenOf(server, 'nelly', 'identify guilds'))
    expect(JSON.stringify(await caller.client.callTool({ name: 'list_guilds' }))).toContain(`for ${nelly.id}`)
    await caller.client.readResource({ uri: 'doc://secret/' })
    await caller.client.readResource({ uri: 'log://monday' })
    await caller.client.getPrompt({ name: 'verdict' })
    const day = { name: 'day', value: 'm' }
    const ref = { type: 'ref/resource', uri: 'log://{day}' } as const
    expect((await caller.client.complete({ ref, argument: day })).completion.values).toEqual(['monday'])
    expect([...server.runs]).toEqual([
      ['list_guilds', 1],
      ['doc://secret/', 1],
      ['log://monday', 1],
      ['verdict', 1],
    ])
    const names = (await caller.client.listTools()).tools.map(({ name }) => name)
    expect(names).toContain('both')
    expect(names).not.toContain('ban')
  })

  it('A040 counts a scope that another one implies', async () => {
    const proxy = { serverScopes: ['admin'], scopeHierarchy: { admin: ['guilds'] } }
    const server = await start(kind, { proxy })
    const caller = await connectCaller(server, client, await tokenOf(server, 'nelly', 'admin'))
    expect(JSON.stringify(await caller.client.callTool({ name: 'list_guilds' }))).toContain('list_guilds for')
    const refusal = await refusalOf(caller, () => caller.client.callTool({ name: 'both' }))
    expect(refusal).toMatchObject({ status: 403, challenge: expect.stringMatching(/scope="[^"]*email"/) })
  })

  it('refuses also where nothing stands in front of the server', async () => {
    const server = await start(kind, { refusesEarly: false })
    const caller = await connectCaller(server, client, await tokenOf(server, 'nelly'))
    await expect(caller.client.callTool({ name: 'list_guilds' })).rejects.toThrow('lacks a required scope: guilds')
    await expect(caller.client.readResource({ uri: 'doc://secret/' })).rejects.toThrow('lacks a required scope: guilds')
    expect([...server.runs]).toEqual([])
  })
})

describe.each(servers)('A038 $title, for nobody', ({ server: kind, client }) => {
  it('asks to sign in, with the scopes of the tool, and runs what nobody may', async () => {
    const anonymousRules = { ...rules, otherwise: () => true, tools: { ...rules.tools, whoami: () => true } }
    const server = await start(kind, { rules: anonymousRules, gate: { allowAnonymous: true } })
    const caller = await connectCaller(server, client, '')
    expect(await refusalOf(caller, () => caller.client.callTool({ name: 'list_guilds' }))).toEqual({
      status: 401,
      challenge: `Bearer scope="identify guilds", resource_metadata="${server.origin}/.well-known/oauth-protected-resource/mcp"`,
    })
    expect([...server.runs]).toEqual([])
    await caller.client.getPrompt({ name: 'greet' })
    expect([...server.runs]).toEqual([['greet', 1]])
    const names = (await caller.client.listTools()).tools.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['whoami', 'list_guilds']))
  })
})

describe.each(servers.filter(({ server }) => server !== 'v1 stateful'))(
  'A038 access.scopeChallenge, $title',
  ({ server: kind, client }) => {
    it('makes the SDK answer 403 by itself, with the scopes held and missing', async () => {
      const server = await start(kind, { refusesEarly: false, hasScopeChallenge: true })
      const caller = await connectCaller(server, client, await tokenOf(server, 'nelly'))
      const refusal = await refusalOf(caller, () => caller.client.callTool({ name: 'list_guilds' }))
      expect(refusal).toEqual({
        status: 403,
        challenge: insufficient(server, 'identify guilds').replace(
          /error_description="[^"]*"/,
          'error_description="Insufficient scope"',
        ),
      })
      expect([...server.runs]).toEqual([])
    })
  },
)

describe('the headers of the 2026-07-28 wire', () => {
  it('are refused when they do not say what the body says, whoever calls', async () => {
    const server = await start('v2 stateless')
    const token = await tokenOf(server, 'nelly')
    const caller = await connectCaller(server, { pin: '2026-07-28' }, token)
    await caller.client.callTool({ name: 'whoami' })
    const body = { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'list_guilds', arguments: {} } }
    const headers = Object.fromEntries(caller.headers())
    const answer = await send(server.mcpURL, { method: 'POST', headers, body: JSON.stringify(body) })
    expect(answer.status).toBe(400)
    expect(messageOf({ status: 400, challenge: null, body: answer.text })).toMatchObject({
      id: 7,
      error: { code: -32_020 },
    })
    expect([...server.runs]).toEqual([['whoami', 1]])
  })
})
