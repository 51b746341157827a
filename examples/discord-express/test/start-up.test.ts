import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { login, openSession, sessionHeaders } from './support/client.ts'
import { runServer, type StartedServer, startServer } from './support/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'discord-express-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The process must end by itself, with one line on standard error. */
async function refusal(server: StartedServer): Promise<string> {
  const { code } = await server.exit
  expect([code, server.stdout()]).toEqual([78, ''])
  const lines = server.stderr().split('\n')
  expect(lines).toHaveLength(2)
  return lines[0] ?? ''
}

it('K001 prints one ready line with an address that answers, and everything else on standard error', async () => {
  const server = await runServer()
  expect(server.stdout()).toBe(`mcp-auth ready ${server.mcpURL}\n`)
  expect((await fetch(server.mcpURL, { method: 'POST' })).status).toBe(401)
  expect(server.stderr()).toMatch(/^A fake Discord is running at http:\/\/127\.0\.0\.1:\d+/)
  await server.stop()
})

it('K002 refuses an unknown MCP_AUTH_ variable by its name and says which one may be meant', async () => {
  const line = await refusal(startServer({ MCP_AUTH_ACCES_TOKEN_TTL: '60' }))
  expect(line).toContain('MCP_AUTH_ACCES_TOKEN_TTL')
  expect(line).toContain('did you mean MCP_AUTH_ACCESS_TOKEN_TTL?')
})

const notJSON = join(folder, 'not-json')
const notClients = join(folder, 'not-clients')
const oddClient = join(folder, 'odd-client')
writeFileSync(notJSON, '[{"client_secret":"secret-of-a-client-0123456789",')
writeFileSync(notClients, '[{"client_id":"one","client_secret":"secret-of-a-client-0123456789"}]')
writeFileSync(
  oddClient,
  '[{"client_id":"one","client_secret":"secret-of-a-client-0123456789","redirect_uris":["http://mcp.example.com/cb"]}]',
)

// The values themselves are tested with readEnvironment; these are one of its kind and what only a start can refuse.
it.concurrent.each([
  ['PORT', 'eighty'],
  ['HOST', '192.0.2.1'],
  ['MCP_AUTH_BASE_URL', 'http://mcp.example.com'],
  ['MCP_AUTH_RESOURCE', 'https://mcp.example.com/mcp#here'],
  ['MCP_AUTH_STORE', 'redis://name:secret-of-a-client-0123456789@nowhere'],
  ['MCP_AUTH_PROVIDER', 'descope'],
  ['MCP_AUTH_SCOPES', 'bot'],
  ['MCP_AUTH_CLIENTS', '/no/such/file.json'],
  ['MCP_AUTH_CLIENTS', notJSON],
  ['MCP_AUTH_CLIENTS', notClients],
  ['MCP_AUTH_CLIENTS', oddClient],
  ['MCP_AUTH_AUDIT_LOG', '/no/such/folder/audit.log'],
  ['MCP_AUTH_AUDIT_LOG', '/'],
])('K003a A061 refuses %s=%s by its name with exit code 78', async (name, value) => {
  const line = await refusal(startServer({ [name]: value }))
  expect(line).toMatch(new RegExp(`^configuration error: ${name}: `))
  expect(line).not.toContain('secret-of-a-client')
})

it('K003a refuses a port that is in use', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? String(address.port) : ''
  expect(await refusal(startServer({ PORT: port }))).toBe(
    `configuration error: PORT: port ${port} is in use; choose another one`,
  )
  other.close()
})

it('K003b refuses a short root secret and does not print it', async () => {
  const line = await refusal(startServer({ MCP_AUTH_SECRET: 'hunter2-hunter2' }))
  expect(line).toContain('MCP_AUTH_SECRET')
  expect(line).not.toContain('hunter2')
})

it('K003c refuses a persistent store without a root secret', async () => {
  const line = await refusal(startServer({ MCP_AUTH_SECRET: undefined, MCP_AUTH_STORE: `lmdb:${folder}` }))
  expect(line).toMatch(/^configuration error: MCP_AUTH_SECRET: is required/)
})

it.each([
  ['DISCORD_CLIENT_SECRET', { DISCORD_CLIENT_ID: '157730590492196864' }],
  ['DISCORD_CLIENT_ID', { DISCORD_CLIENT_SECRET: 'secret' }],
])('K003d refuses a Discord application of which %s is missing', async (name, variables) => {
  expect(await refusal(startServer(variables))).toMatch(new RegExp(`^configuration error: ${name}: is missing`))
})

it('refuses an address of Discord that is http and not on this machine', async () => {
  const application = { DISCORD_CLIENT_ID: '157730590492196864', DISCORD_CLIENT_SECRET: 'secret' }
  const line = await refusal(startServer({ ...application, DISCORD_API_URL: 'http://discord.example/api' }))
  expect(line).toMatch(/^configuration error: DISCORD_API_URL: must begin with https/)
})

it.each(['SIGTERM', 'SIGINT'] as const)(
  'K004 drains at %s and exits 0, whatever connections are open',
  async (signal) => {
    const server = await runServer()
    const { port } = new URL(server.mcpURL)
    const silent = connect(Number(port), '127.0.0.1').on('error', () => {})
    await once(silent, 'connect')
    const token = await login(server)
    const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' }
    const session = sessionHeaders(await openSession(server, token))
    const stream = await fetch(server.mcpURL, { headers: { ...headers, ...session } })
    expect(stream.status).toBe(200)
    const began = performance.now()
    server.kill(signal)
    expect(await server.exit).toEqual({ code: 0, signal: null })
    expect(performance.now() - began).toBeLessThan(5000)
    expect(await stream.text()).toBe('')
  },
)

it('K005 puts the port that was picked into everything it publishes', async () => {
  const server = await runServer({ PORT: '0' })
  expect(new URL(server.mcpURL).port).not.toBe('0')
  const metadata = await fetch(`${server.origin}/.well-known/oauth-protected-resource/mcp`)
  expect(await metadata.json()).toMatchObject({ resource: server.mcpURL, authorization_servers: [server.origin] })
  await server.stop()
})

it('A065 serves a base URL with a path', async () => {
  const server = startServer({ MCP_AUTH_BASE_URL: 'https://mcp.example.com/team-a', PORT: '0' })
  expect(await server.ready).toBe('https://mcp.example.com/team-a/mcp')
  server.kill('SIGTERM')
  await server.exit
})

it('K006 tells whether it is up and whether its store answers, and nothing about itself', async () => {
  const server = await runServer()
  const answers = await Promise.all(['/healthz', '/readyz', '/nowhere'].map((path) => fetch(server.origin + path)))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 404])
  expect(answers.map(({ headers }) => headers.get('x-powered-by'))).toEqual([null, null, null])
  expect(await answers[2]?.json()).toEqual({ error: 'not_found' })
  await server.stop()
})

it('warns when there is no root secret', async () => {
  const server = await runServer({ MCP_AUTH_SECRET: undefined })
  expect(server.stderr()).toMatch(/^MCP_AUTH_SECRET is not set: a random one is used/)
  await server.stop()
})

it('keeps the audit log for its owner only, also when the file is older', async () => {
  const fresh = join(folder, 'fresh.log')
  const old = join(folder, 'old.log')
  writeFileSync(old, '')
  chmodSync(old, 0o644)
  for (const file of [fresh, old]) {
    const server = await runServer({ MCP_AUTH_AUDIT_LOG: file })
    await server.stop()
    expect(statSync(file).mode & 0o777).toBe(0o600)
  }
})
