import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FakeDescope, MintOptions } from '@mcp-auth/provider-descope/mocks'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type RunningFakeDescope, startFakeDescope } from '../../src/fake-descope.ts'
import { callTool, openSession, rpc, send, sessionHeaders, toolResult, type Wire } from './support/client.ts'
import { type RunningServer, remoteExamples, runServer } from './support/server.ts'

const wires: readonly Wire[] = ['2025-11-25', '2026-07-28']
const folder = mkdtempSync(join(tmpdir(), 'descope-'))
const sibling = 'https://other.example/mcp'

let idp: RunningFakeDescope
let fake: FakeDescope
beforeAll(async () => {
  idp = await startFakeDescope({})
  fake = idp.fake
})
beforeEach(() => fake.recover())
afterAll(async () => {
  await idp.close()
  rmSync(folder, { recursive: true })
})

describe.each(remoteExamples)('%s', (example) => {
  let server: RunningServer
  let mint: (claims?: MintOptions['claims'], options?: MintOptions) => Promise<string>
  const auditLog = join(folder, `${example}.log`)
  beforeAll(async () => {
    server = await runServer(example, {
      DESCOPE_PROJECT_ID: fake.projectId,
      DESCOPE_BASE_URL: fake.baseUrl,
      MCP_AUTH_AUDIT_LOG: auditLog,
    })
    mint = async (claims = {}, options = {}) => await fake.mint(server.mcpURL, { ...options, claims })
  })
  afterAll(async () => await server.stop())

  it('A063 takes a new key without a restart', async () => {
    const former = await mint()
    expect((await callTool(server, former, '2026-07-28', 'whoami')).status).toBe(200)
    fake.rotateKeys()
    for (const token of [await mint(), former]) {
      expect((await callTool(server, token, '2026-07-28', 'whoami')).status).toBe(200)
    }
  })

  it('A053 A055 names Descope as its authorization server, and serves the metadata of Descope again', async () => {
    const load = async (url: string): Promise<Record<string, unknown>> => {
      const body: unknown = await (await fetch(url)).json()
      return { ...(body as object) }
    }
    const issuer = `${fake.baseUrl}/v1/apps/${fake.projectId}`
    const resource = await load(`${server.origin}/.well-known/oauth-protected-resource/mcp`)
    expect(resource).toMatchObject({
      resource: server.mcpURL,
      authorization_servers: [issuer],
      scopes_supported: ['openid'],
    })
    const published = await load(`${issuer}/.well-known/oauth-authorization-server`)
    expect(await load(`${server.origin}/.well-known/oauth-authorization-server`)).toEqual(published)
  })

  it.each(wires)('tells who is signed in, and never a token (%s)', async (wire) => {
    const token = await mint({ azp: 'client-1', aud: ['client-1', server.mcpURL] })
    const answer = await callTool(server, token, wire, 'whoami')
    expect(toolResult(answer)).toEqual({
      sub: fake.settings.user,
      client_id: 'client-1',
      scopes: ['openid'],
      username: 'Nelly',
    })
    expect(JSON.stringify(answer.message)).not.toContain(token)
  })

  it.each(wires)('A120 lists a tool that only a scope denies, and not one that a role denies (%s)', async (wire) => {
    const names = async (token: string): Promise<string[]> => {
      const { message } = await rpc(server, token, wire, 'tools/list')
      return message.result.tools.map(({ name }) => name)
    }
    expect(await names(await mint())).toEqual(['whoami', 'list_tenants'])
    expect(await names(await mint({ roles: ['admin'] }))).toEqual(['whoami', 'list_tenants', 'server_stats'])
  })

  it.each(wires)('A120 takes the roles of the current tenant, and those of no other place (%s)', async (wire) => {
    const tenants = { T1: { roles: ['viewer'] }, T2: { roles: ['admin'] } }
    const inOne = await callTool(server, await mint({ tenants, dct: 'T1', roles: ['admin'] }), wire, 'server_stats')
    const inTwo = await callTool(server, await mint({ tenants, dct: 'T2', roles: [] }), wire, 'server_stats')
    expect(inOne.message.error.code).toBe(-32_602)
    expect(toolResult(inTwo)).toMatchObject({ uptime_seconds: expect.any(Number) })
  })

  it.each(wires)(
    'A120 answers a call of a hidden tool exactly as one of a tool that does not exist (%s)',
    async (wire) => {
      const token = await mint()
      const hidden = await callTool(server, token, wire, 'server_stats')
      const unknown = await callTool(server, token, wire, 'server_stat')
      expect(hidden.status).toBe(unknown.status)
      expect(JSON.parse(JSON.stringify(hidden.message).replace('server_stats', 'server_stat'))).toEqual(unknown.message)
    },
  )

  it.each(wires)(
    'A038 A039 answers 403 with every scope of the operation, and the tenants once it is there (%s)',
    async (wire) => {
      const refused = await callTool(server, await mint(), wire, 'list_tenants')
      const challenge = refused.headers.get('www-authenticate')
      expect(refused.status).toBe(403)
      expect(challenge).toContain('error="insufficient_scope"')
      expect(challenge).toContain('scope="openid tenants"')
      const token = await mint({ scope: 'openid tenants', dct: 'T2FakeGarden00000000000000000' })
      expect(toolResult(await callTool(server, token, wire, 'list_tenants'))).toEqual([
        { id: 'T2FakeGarden00000000000000000', roles: ['editor'], permissions: ['docs.write'], current: true },
        { id: 'T2FakeTesters0000000000000000', roles: [], permissions: [], current: false },
      ])
    },
  )

  it('writes calls of tools to the audit log', async () => {
    await callTool(server, await mint({ azp: 'audited', aud: ['audited', server.mcpURL] }), '2026-07-28', 'whoami')
    const lines = readFileSync(auditLog, 'utf8').trim().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toContainEqual({
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      event: 'tool.called',
      subject: fake.settings.user,
      client_id: 'audited',
      tool: 'whoami',
      outcome: 'ok',
      request_id: expect.stringMatching(/^[\w-]{16}$/),
      duration_milliseconds: expect.any(Number),
    })
  })

  const issuer = (): string => `${fake.baseUrl}/v1/apps/${fake.projectId}`
  it.each<readonly [string, () => Promise<string>]>([
    ['A010 of a key that is not Descope’s', async () => await mint({}, { key: 'unknown' })],
    ['A010 without a signature', async () => (await mint({}, { header: { alg: 'none' } })).replace(/[^.]+$/, '')],
    [
      'A010 that brings its own key',
      async () => await mint({}, { key: 'unknown', header: { jku: `${fake.baseUrl}/jku` } }),
    ],
    ['A011 for the project', async () => await mint({ aud: [fake.projectId] })],
    ['A011 for nobody', async () => await mint({ aud: undefined })],
    ['A012 for another server', async () => await mint({ aud: [fake.projectId, sibling] })],
    ['A012 for another server as well', async () => await mint({ aud: [server.mcpURL, sibling] })],
    ['A013 that ended', async () => await mint({ exp: Math.floor(Date.now() / 1000) - 60 })],
    ['A013 that never ends', async () => await mint({ exp: undefined })],
    ['A013 that begins later', async () => await mint({ nbf: Math.floor(Date.now() / 1000) + 3600 })],
    ['A017 that is a refresh token', async () => (await fake.issueTokens()).refresh_token ?? ''],
    ['A017 that is an id token', async () => (await fake.issueTokens()).id_token ?? ''],
    ['A017 that is a refresh token for us', async () => await mint({ drn: 'DSR' })],
    ['A018 of another project', async () => await mint({ iss: issuer().replace(fake.projectId, 'P2Other0000000000') })],
    ['A018 of what only begins like our issuer', async () => await mint({ iss: `${issuer()}EVIL` })],
    ['A018 of another host', async () => await mint({ iss: issuer().replace('127.0.0.1', 'evil.example') })],
    [
      'A018 of an MCP server we do not know',
      async () => await mint({ iss: `${fake.baseUrl}/v1/apps/agentic/${fake.projectId}/${fake.serverId}` }),
    ],
    ['A018 of a tenant', async () => await mint({ iss: `${issuer()}/T2FakeGarden00000000000000000` })],
  ])('refuses a token %s', async (_name, make) => {
    const token = await make()
    const { status, headers } = await send(server, token, { jsonrpc: '2.0', id: 1, method: 'ping' })
    expect(status).toBe(401)
    expect(headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/)
    expect(fake.requests.filter(({ path }) => path === '/jku')).toEqual([])
  })

  it('ends a session of the stateful wire with the token, and gives it to nobody else', async () => {
    const token = await mint()
    const session = sessionHeaders(await openSession(server, token))
    const other = await mint({ sub: 'U2Other' })
    const ping = { jsonrpc: '2.0', id: 2, method: 'ping' }
    expect((await send(server, other, ping, session)).status).toBe(404)
    expect((await send(server, token, ping, session)).status).toBe(200)
  })

  it('D8 A016 has printed and logged no token at the end', async () => {
    await server.stop()
    const printed = server.stdout() + server.stderr() + readFileSync(auditLog, 'utf8')
    expect(fake.secrets.length).toBeGreaterThan(0)
    expect(fake.secrets.filter((secret) => printed.includes(secret))).toEqual([])
  })
})
