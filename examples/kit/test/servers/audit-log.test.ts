import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { callTool, login, register, users } from './support/client.ts'
import { examples, runServer } from './support/server.ts'

function parseLines(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

describe.each(examples)('%s', (example) => {
  it('writes a line for every login and every tool call, denied ones included, and no secret', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'audit-log-'))
    const file = join(folder, 'audit.log')
    const server = await runServer(example, { MCP_AUTH_AUDIT_LOG: file })
    const client = await register(server)
    const token = await login(server, { client })
    await callTool(server, token, '2026-07-28', 'whoami')
    await callTool(server, token, '2025-11-25', 'list_guilds')
    await callTool(server, token, '2026-07-28', 'server_stats')
    await callTool(server, token, '2026-07-28', 'rm -rf')
    await server.stop()
    const text = readFileSync(file, 'utf8')
    rmSync(folder, { recursive: true })

    const lines = parseLines(text)
    for (const line of lines) {
      expect(Object.keys(line).slice(0, 4)).toEqual(['time', 'event', 'subject', 'client_id'])
      expect(new Date(String(line['time'])).toISOString()).toBe(line['time'])
    }
    const caller = { subject: users.nelly, client_id: client.client_id }
    expect(lines.filter(({ event }) => event === 'login.succeeded')).toMatchObject([caller])
    expect(lines.filter(({ event }) => String(event).startsWith('tool.'))).toMatchObject([
      { event: 'tool.called', tool: 'whoami', outcome: 'ok', ...caller },
      { event: 'tool.denied', tool: 'list_guilds', reason: 'scope_missing', ...caller },
      { event: 'tool.denied', tool: 'server_stats', reason: 'role_missing', ...caller },
      { event: 'tool.called', tool: 'rm -rf', outcome: 'error', ...caller },
    ])
    expect(text).not.toContain(token)
  })

  it('writes to standard error where that is asked for', async () => {
    const server = await runServer(example, { MCP_AUTH_AUDIT_LOG: '-' })
    await callTool(server, await login(server), '2026-07-28', 'whoami')
    await server.stop()
    const lines = server
      .stderr()
      .split('\n')
      .filter((line) => line.startsWith('{'))
    expect(parseLines(lines.join('\n')).map(({ event }) => event)).toContain('tool.called')
  })
})
