import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RunningFakeDescope, startFakeDescope } from '../../src/fake-descope.ts'
import { callTool, send } from './support/client.ts'
import { refusal, remoteExamples, runServer, startServer } from './support/server.ts'

const projectId = 'P2TestProject0000000000000000'

let idp: RunningFakeDescope
beforeAll(async () => {
  idp = await startFakeDescope({ projectId })
})
// A test that fails leaves no outage behind.
afterEach(() => {
  idp.fake.recover()
  idp.fake.release()
  idp.fake.settings.metadataIssuer = 'server'
})
afterAll(() => idp.close())

describe.each(remoteExamples)('%s', (example) => {
  it('K001 starts a fake Descope when no project is set, and warns of nothing that does not matter', async () => {
    const server = await runServer(example, { MCP_AUTH_SECRET: undefined })
    expect(server.stdout()).toBe(`mcp-auth ready ${server.mcpURL}\n`)
    expect(server.stderr()).toMatch(/^A fake Descope is running at http:\/\/127\.0\.0\.1:\d+: everybody.*\n$/)
    expect((await fetch(server.mcpURL, { method: 'POST' })).status).toBe(401)
    await server.stop()
  })

  it.each([
    ['DESCOPE_PROJECT_ID', { DESCOPE_PROJECT_ID: 'my-project' }, /P and letters/],
    ['DESCOPE_BASE_URL', { DESCOPE_PROJECT_ID: projectId, DESCOPE_BASE_URL: 'http://descope.example' }, /https/],
    ['DESCOPE_BASE_URL', { DESCOPE_PROJECT_ID: projectId, DESCOPE_BASE_URL: 'https://app.descope.com' }, /API host/],
    ['DESCOPE_CONFIG_URL', { DESCOPE_CONFIG_URL: 'https://auth.example.com' }, /project id/],
    ['DESCOPE_CONFIG_URL', { DESCOPE_CONFIG_URL: 'here' }, /absolute URL/],
    ['DESCOPE_AUDIENCE', { DESCOPE_AUDIENCE: 'all' }, /'resource'/],
    ['MCP_AUTH_BASE_URL', { MCP_AUTH_BASE_URL: 'http://mcp.example.com' }, /https/],
    ['MCP_AUTH_RESOURCE', { MCP_AUTH_RESOURCE: 'mcp' }, /absolute URL/],
    ['MCP_AUTH_PROVIDER', { MCP_AUTH_PROVIDER: 'discord' }, /descope/],
    ['MCP_AUTH_STORE', { MCP_AUTH_STORE: 'mysql://nowhere' }, /memory:/],
    ['MCP_AUTH_SECRET', { MCP_AUTH_SECRET: 'hunter2-hunter2' }, /openssl rand/],
    ['MCP_AUTH_CLIENTS', { MCP_AUTH_CLIENTS: '/no/such/file.json' }, /cannot be read/],
    ['MCP_AUTH_CIMD', { MCP_AUTH_CIMD: 'maybe' }, /on or off/],
  ] as const)('K003a A061 refuses %s as in %j', async (name, variables, cure) => {
    const line = await refusal(startServer(example, variables))
    expect(line).toMatch(new RegExp(`^configuration error: ${name}: `))
    expect(line).toMatch(cure)
    expect(line).not.toContain('hunter2')
  })

  it('refuses a project that Descope does not have, by the variables that name it', async () => {
    const variables = { DESCOPE_PROJECT_ID: 'P2OtherProject0000000000000', DESCOPE_BASE_URL: idp.fake.baseUrl }
    const line = await refusal(startServer(example, variables))
    expect(line).toMatch(/^configuration error: .*DESCOPE_PROJECT_ID.*P2OtherProject0000000000000/)
  })

  it('refuses a Descope that names somebody else as the issuer', async () => {
    idp.fake.settings.metadataIssuer = 'foreign'
    const line = await refusal(startServer(example, { DESCOPE_CONFIG_URL: idp.fake.configUrl }))
    expect(line).toMatch(/^configuration error: .*DESCOPE_CONFIG_URL/)
    expect(line).not.toContain('descope.example')
  })

  it('takes the discovery URL of an MCP server in the place of project and host', async () => {
    const { configUrl, serverId } = idp.fake
    const server = await runServer(example, { DESCOPE_CONFIG_URL: configUrl })
    const metadata = await fetch(`${server.origin}/.well-known/oauth-protected-resource/mcp`)
    expect(await metadata.json()).toMatchObject({ authorization_servers: [expect.stringContaining(`/${serverId}`)] })
    await server.stop()
  })

  it('A011 lets tokens of the whole project in only when it is told so, and says what that means', async () => {
    const place = { DESCOPE_PROJECT_ID: projectId, DESCOPE_BASE_URL: idp.fake.baseUrl }
    for (const DESCOPE_AUDIENCE of ['project', projectId]) {
      const server = await runServer(example, { ...place, DESCOPE_AUDIENCE })
      expect(server.stderr()).toMatch(/^DESCOPE_AUDIENCE lets in tokens that users gave to other servers/)
      const wide = await idp.fake.mint('', { claims: { azp: 'c', aud: ['c', projectId] } })
      const foreign = await idp.fake.mint('', {
        claims: { azp: 'c', aud: ['c', projectId, 'https://other.example/mcp'] },
      })
      expect((await callTool(server, wide, '2026-07-28', 'whoami')).status).toBe(200)
      expect((await callTool(server, foreign, '2026-07-28', 'whoami')).status).toBe(401)
      await server.stop()
    }
  })

  it.each(['503', 'hang'] as const)(
    'A014 starts while Descope answers %s, says so, and works again by itself',
    async (fault) => {
      idp.fake.fail('*', fault)
      const place = { DESCOPE_PROJECT_ID: projectId, DESCOPE_BASE_URL: idp.fake.baseUrl }
      const server = await runServer(example, { ...place, MCP_AUTH_UPSTREAM_TIMEOUT: '1' })
      const token = await idp.fake.mint(server.mcpURL)
      const status = async (path: string): Promise<number> => (await fetch(server.origin + path)).status
      const began = performance.now()
      const refused = await send(server, token, { jsonrpc: '2.0', id: 1, method: 'ping' })
      expect([refused.status, refused.headers.get('retry-after'), refused.headers.get('www-authenticate')]).toEqual([
        503,
        expect.stringMatching(/^\d+$/),
        null,
      ])
      expect([await status('/healthz'), await status('/readyz')]).toEqual([200, 503])
      expect((await send(server, 'garbage', {})).status).toBe(401)
      expect(performance.now() - began).toBeLessThan(10_000)
      idp.fake.recover()
      idp.fake.release()
      const call = async (): Promise<number> => (await callTool(server, token, '2026-07-28', 'whoami')).status
      const recovered = async (): Promise<number[]> => [await status('/readyz'), await call()]
      await expect.poll(recovered, { timeout: 10_000 }).toEqual([200, 200])
      await server.stop()
    },
  )
})
