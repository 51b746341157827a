import { readEnvironment } from '@mcp-auth/core'
import { expect, it } from 'vitest'
import { openAuditLog } from '../src/audit-log.ts'
import { openStore } from '../src/open-store.ts'
import { createServerStart, type ServerStart } from '../src/server-start.ts'

function start(variables: Readonly<Record<string, string>> = {}): { started: ServerStart; notices: string[] } {
  const notices: string[] = []
  const started = createServerStart({
    environment: readEnvironment(variables),
    variables,
    clients: [],
    store: openStore({ kind: 'memory' }),
    audit: openAuditLog(undefined),
    port: 8000,
    notice: (sentence) => void notices.push(sentence),
  })
  return { started, notices }
}

it('makes one random secret for whoever signs tokens, and says so once', () => {
  const { started, notices } = start()
  expect(notices).toEqual([])
  expect(started.options.secret).toBe(started.options.secret)
  expect(started.options.secret).toMatch(/^[0-9a-f]{64}$/)
  expect(notices).toEqual([expect.stringMatching(/^MCP_AUTH_SECRET is not set/)])
})

it('gives a server that signs nothing no secret, no store and no clients, and warns of none', () => {
  const { started, notices } = start({
    MCP_AUTH_SCOPES: 'openid tenants',
    MCP_AUTH_RESOURCE: 'https://mcp.example/mcp',
  })
  expect(started.remoteOptions).toEqual({
    baseUrl: 'http://127.0.0.1:8000',
    resource: 'https://mcp.example/mcp',
    defaultScopes: ['openid', 'tenants'],
    upstreamTimeoutSeconds: 10,
    allowedOrigins: [],
    allowedHosts: ['127.0.0.1', 'localhost', '[::1]'],
    onEvent: expect.any(Function),
  })
  expect(notices).toEqual([])
})
