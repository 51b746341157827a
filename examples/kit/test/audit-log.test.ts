import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toAuditEntry } from '@mcp-auth/core/node'
import { expect, it, onTestFinished } from 'vitest'
import { openAuditLog } from '../src/audit-log.ts'

it('counts lines by event and by tool, also without a file', () => {
  const audit = openAuditLog(undefined)
  audit.write({ event: 'tool.called', subject: 'user-1', tool: 'whoami' })
  audit.write({ event: 'tool.called', subject: 'user-2', tool: 'list_guilds' })
  audit.write(toAuditEntry({ type: 'login.succeeded', time: 1_700_000_000_000, subject: 'user-1' }))
  audit.listener({ type: 'login.succeeded', time: 1_700_000_000_000, subject: 'user-2' })
  expect(Object.fromEntries(audit.counts)).toEqual({
    'tool.called': 2,
    'tool.called whoami': 1,
    'tool.called list_guilds': 1,
    'login.succeeded': 2,
  })
  audit.close()
})

it('does not count without end what a client makes up', () => {
  const audit = openAuditLog(undefined)
  for (let index = 0; index < 5000; index += 1) audit.write({ event: 'tool.denied', tool: `made-up-${index}` })
  expect(audit.counts.size).toBe(1000)
  expect(audit.counts.get('tool.denied')).toBe(5000)
})

it('writes what it counts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'audit-log-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'audit.log')
  const audit = openAuditLog(path)
  audit.write({
    event: 'tool.called',
    subject: 'user-1',
    clientId: 'client-1',
    tool: 'whoami',
    details: { outcome: 'ok' },
  })
  audit.close()
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
    time: expect.any(String),
    event: 'tool.called',
    subject: 'user-1',
    client_id: 'client-1',
    tool: 'whoami',
    outcome: 'ok',
  })
})

it('K003a names the variable when the file cannot be written', () => {
  expect(() => openAuditLog('/no/such/folder/audit.log')).toThrow(
    expect.objectContaining({
      code: 'ERR_MCP_AUTH_CONFIGURATION',
      option: 'MCP_AUTH_AUDIT_LOG',
      message: expect.stringMatching(/^MCP_AUTH_AUDIT_LOG: the file cannot be opened for writing \(ENOENT\)/),
    }) as Error,
  )
})
