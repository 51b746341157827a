/** What the kit refuses before a framework has anything to say: one example stands for all. */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { refusal, startServer } from './support/server.ts'

const example = 'discord-express'

const folder = mkdtempSync(join(tmpdir(), 'refusals-'))
afterAll(() => rmSync(folder, { recursive: true }))

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
  ['MCP_AUTH_STORE', 'redis://name:secret-of-a-client-0123456789@'],
  ['MCP_AUTH_STORE', 'redis://name:secret-of-a-client-0123456789@nowhere/not-a-number'],
  ['MCP_AUTH_STORE', `lmdb:${notJSON}`],
  ['MCP_AUTH_PROVIDER', 'descope'],
  ['MCP_AUTH_CLIENTS', '/no/such/file.json'],
  ['MCP_AUTH_CLIENTS', notJSON],
  ['MCP_AUTH_CLIENTS', notClients],
  ['MCP_AUTH_CLIENTS', oddClient],
  ['MCP_AUTH_AUDIT_LOG', '/no/such/folder/audit.log'],
  ['MCP_AUTH_AUDIT_LOG', '/'],
])('K003a A061 refuses %s=%s by its name with exit code 78', async (name, value) => {
  const line = await refusal(startServer(example, { [name]: value }))
  expect(line).toMatch(new RegExp(`^configuration error: ${name}: `))
  expect(line).not.toContain('secret-of-a-client')
})

it('K003a refuses a port that is in use', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? String(address.port) : ''
  expect(await refusal(startServer(example, { PORT: port }))).toBe(
    `configuration error: PORT: port ${port} is in use; choose another one`,
  )
  other.close()
})

it('K003b refuses a short root secret and does not print it', async () => {
  const line = await refusal(startServer(example, { MCP_AUTH_SECRET: 'hunter2-hunter2' }))
  expect(line).toContain('MCP_AUTH_SECRET')
  expect(line).not.toContain('hunter2')
})

it('K003c refuses a persistent store without a root secret', async () => {
  const line = await refusal(startServer(example, { MCP_AUTH_SECRET: undefined, MCP_AUTH_STORE: `lmdb:${folder}` }))
  expect(line).toMatch(/^configuration error: MCP_AUTH_SECRET: is required/)
})

it.each([
  ['DISCORD_CLIENT_SECRET', { DISCORD_CLIENT_ID: '157730590492196864' }],
  ['DISCORD_CLIENT_ID', { DISCORD_CLIENT_SECRET: 'secret' }],
])('K003d refuses a Discord application of which %s is missing', async (name, variables) => {
  expect(await refusal(startServer(example, variables))).toMatch(
    new RegExp(`^configuration error: ${name}: is missing`),
  )
})
