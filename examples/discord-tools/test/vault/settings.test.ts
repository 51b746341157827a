import { readEnvironment } from '@mcp-auth/core'
import { expect, it } from 'vitest'
import { readVaultSettings } from '../../src/vault/settings.ts'

const MCP_AUTH_SECRET = '01'.repeat(32)
const read = (variables: Record<string, string>, port?: number): ReturnType<typeof readVaultSettings> =>
  readVaultSettings(readEnvironment(variables), variables, port)

it('reads the same from nothing but a secret as the server does', () => {
  expect(read({ MCP_AUTH_SECRET })).toEqual({
    folder: '.vault',
    secrets: [new Uint8Array(32).fill(1)],
    issuer: 'http://127.0.0.1:8000/bot-tokens',
    resource: 'http://127.0.0.1:8000/mcp',
  })
  expect(read({ MCP_AUTH_SECRET, PORT: '0' }, 4711).resource).toBe('http://127.0.0.1:4711/mcp')
})

it('reads the folder, the issuer and the resource', () => {
  const variables = {
    MCP_AUTH_SECRET,
    MCP_AUTH_BASE_URL: 'https://mcp.example/base/',
    MCP_AUTH_RESOURCE: 'https://mcp.example/elsewhere',
    DISCORD_TOOLS_VAULT: '/srv/vault',
  }
  expect(read(variables)).toMatchObject({
    folder: '/srv/vault',
    issuer: 'https://mcp.example/base/bot-tokens',
    resource: 'https://mcp.example/elsewhere',
  })
})

it.each<[string, Record<string, string>]>([
  ['MCP_AUTH_SECRET', {}],
  ['MCP_AUTH_BASE_URL', { MCP_AUTH_SECRET, PORT: '0' }],
  ['MCP_AUTH_BASE_URL', { MCP_AUTH_SECRET, MCP_AUTH_BASE_URL: 'http://mcp.example' }],
  ['MCP_AUTH_BASE_URL', { MCP_AUTH_SECRET, MCP_AUTH_BASE_URL: 'nonsense' }],
  ['MCP_AUTH_RESOURCE', { MCP_AUTH_SECRET, MCP_AUTH_RESOURCE: 'https://mcp.example/mcp?a=b' }],
])('refuses what cannot work by the name of the variable %s', (option, variables) => {
  expect(() => read(variables)).toThrow(expect.objectContaining({ option }))
})
