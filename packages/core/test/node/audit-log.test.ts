import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import type { AuthEvent } from '../../src/events.ts'
import { openAuditLog } from '../../src/node/audit-log.ts'
import { misconfiguration } from '../support/refusal.ts'
import { type Line, openLog, readLines, readTexts, temporaryPath } from './support/audit-file.ts'

const time = 1_700_000_000_123
const caller = { time, subject: 'user-1', clientId: 'client-1' }
const call = {
  ...caller,
  name: 'send_message',
  requestId: 'request-1',
  durationMilliseconds: 12.5,
  trace: { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', parentId: '00f067aa0ba902b7' },
  parameters: { channelId: '42', _omitted: 1 },
} as const

/** The one line that an event becomes, as text and as JSON. */
function lineOf(event: AuthEvent): { text: string; line: Line } {
  const path = temporaryPath()
  openLog({ path }).log.listener(event)
  const [text = '', ...others] = readTexts(path)
  expect(others).toEqual([])
  return { text, line: JSON.parse(text) }
}

describe('a line', () => {
  it('begins with time, event, subject and client_id, and then the tool', () => {
    const { text } = lineOf({ type: 'tool.called', outcome: 'ok', ...call })
    expect(text).toBe(
      '{"time":"2023-11-14T22:13:20.123Z","event":"tool.called","subject":"user-1","client_id":"client-1",' +
        '"tool":"send_message","outcome":"ok","request_id":"request-1","duration_milliseconds":12.5,' +
        '"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","parent_id":"00f067aa0ba902b7",' +
        '"parameters":{"channelId":"42","_omitted":1}}',
    )
  })

  it('has subject and client_id also when nobody is known, and no tool when none was called', () => {
    const { line } = lineOf({
      type: 'request.refused',
      time,
      reason: 'malformed_request',
      endpoint: 'token',
    })
    expect(line).toEqual({
      time: '2023-11-14T22:13:20.123Z',
      event: 'request.refused',
      subject: null,
      client_id: null,
      reason: 'malformed_request',
      endpoint: 'token',
    })
  })

  it('says why a call was denied and what was missing', () => {
    const { requestId, durationMilliseconds, name } = call
    const missing = { missingScopes: ['guilds'], missingRoles: [] }
    const facts = { ...caller, name, requestId, durationMilliseconds, ...missing }
    expect(lineOf({ type: 'tool.denied', reason: 'scope_missing', ...facts }).line).toMatchObject({
      event: 'tool.denied',
      tool: 'send_message',
      reason: 'scope_missing',
      missing_scopes: ['guilds'],
      missing_roles: [],
    })
  })

  it.each(['resource', 'prompt', 'completion'] as const)('names a %s under that word, and no tool', (kind) => {
    const { line } = lineOf({ type: `${kind}.called`, outcome: 'error', ...call })
    expect(line).toMatchObject({ event: `${kind}.called`, [kind]: 'send_message', outcome: 'error' })
    expect(line).not.toHaveProperty('tool')
  })

  it('of ones own gets the time of the clock, and cannot replace what every line has', () => {
    const path = temporaryPath()
    const details = { time: 'x', event: 'x', subject: 'x', chain: 'x', writer: 'x', 0: 'first', outcome: 'ok' }
    openLog({ path }).log.write({ event: 'own', subject: 'user-1', details })
    expect(readTexts(path)).toEqual([
      '{"time":"2023-11-14T22:13:20.000Z","event":"own","subject":"user-1","client_id":null,"0":"first","outcome":"ok"}',
    ])
  })

  it.each([
    ['the end of lines', 'a\nb\r\nc\vd\fe\u0085f\u2028g\u2029h'],
    ['other control characters', 'a\0b\u001b[31mc\u007fd\u009be\bf'],
    ['characters that turn the direction of text around', 'a\u202eb\u2066c\u200fd\ufeffe'],
    ['an invisible character beyond the first 65,536', `a${String.fromCodePoint(0xe0041)}b`],
    ['half a character', 'a\ud800b'],
    ['quotes and backslashes', '","chain":"x"}\\'],
  ])('D8 stays one line of visible characters whatever a client sends: %s', (_name, hostile) => {
    const path = temporaryPath()
    const { log } = openLog({ path })
    log.write({ event: 'own', subject: hostile, clientId: hostile, tool: hostile, details: { [hostile]: hostile } })
    const text = readFileSync(path, 'utf8')
    expect(text).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+\n$/u)
    expect(JSON.parse(text)).toMatchObject({ subject: hostile, client_id: hostile, tool: hostile, [hostile]: hostile })
  })

  it.each([
    [
      'not_json',
      'a circle',
      (() => {
        const circle: Record<string, unknown> = {}
        circle['self'] = circle
        return circle
      })(),
    ],
    [
      'not_json',
      'a member that throws',
      {
        toJSON: () => {
          throw new Error('secret')
        },
      },
    ],
    ['too_long', 'a long text', { text: 'x'.repeat(70_000) }],
  ])('leaves out details that are %s, such as %s, rather than itself', (reason, _name, details) => {
    const path = temporaryPath()
    const { log, problems } = openLog({ path })
    log.write({ event: 'own', tool: 'whoami', details })
    expect(readLines(path)).toMatchObject([{ event: 'own', tool: 'whoami', details_omitted: reason }])
    expect(problems).toEqual([])
  })

  it('writes large integers as text, and a time that is none as now', () => {
    const path = temporaryPath()
    openLog({ path }).log.write({ event: 'own', time: Number.NaN, details: { id: 2n ** 64n } })
    expect(readLines(path)).toMatchObject([{ time: '2023-11-14T22:13:20.000Z', id: '18446744073709551616' }])
  })
})

describe('the file', () => {
  it('is written before write returns', () => {
    const path = temporaryPath()
    const { log } = openLog({ path })
    log.write({ event: 'one' })
    expect(readLines(path)).toHaveLength(1)
    log.write({ event: 'two' })
    expect(readLines(path)).toHaveLength(2)
  })

  it("is its owner's only, whatever the mask of the process is and also when it is older", () => {
    const old = temporaryPath()
    writeFileSync(old, '')
    chmodSync(old, 0o666)
    const mask = process.umask(0)
    const fresh = temporaryPath()
    openLog({ path: old })
    openLog({ path: fresh })
    process.umask(mask)
    for (const path of [old, fresh]) expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('keeps what is in it', () => {
    const path = temporaryPath()
    writeFileSync(path, '{"event":"older"}\n')
    openLog({ path }).log.write({ event: 'newer' })
    expect(readLines(path).map(({ event }) => event)).toEqual(['older', 'newer'])
  })

  it('does not glue a line to the half of one that a crash left', () => {
    const path = temporaryPath()
    writeFileSync(path, '{"event":"older"}\n{"event":"ha')
    const { log } = openLog({ path })
    log.write({ event: 'one' })
    log.write({ event: 'two' })
    const [older, half, ...others] = readTexts(path)
    expect([older, half]).toEqual(['{"event":"older"}', '{"event":"ha'])
    expect(others.map((text) => JSON.parse(text).event)).toEqual(['one', 'two'])
  })

  it.each([
    ['in a folder that does not exist', () => join(dirname(temporaryPath()), 'absent', 'audit.log'), 'ENOENT'],
    ['that is a folder', () => dirname(temporaryPath()), 'EISDIR'],
    [
      'below a file',
      () => {
        const path = temporaryPath()
        writeFileSync(path, '')
        return join(path, 'audit.log')
      },
      'ENOTDIR',
    ],
    ['that is empty', () => '', 'ENOENT'],
    ['that no system has', () => `${temporaryPath()}\0`, 'ERR_INVALID_ARG_VALUE'],
  ])('K003a is refused at a path %s, by the name of the option', (_name, path, code) => {
    const given = path()
    expect(() => openAuditLog({ path: given })).toThrow(misconfiguration('path', code) as Error)
  })

  it('takes nothing more after it was closed, and says so once', () => {
    const path = temporaryPath()
    const { log, problems } = openLog({ path })
    log.write({ event: 'one' })
    log.close()
    log.close()
    log.write({ event: 'late' })
    log.write({ event: 'later' })
    expect(readLines(path)).toHaveLength(1)
    expect(problems).toEqual([{ code: 'ERR_CLOSED', message: 'the audit log cannot be written: ERR_CLOSED' }])
  })
})

describe('standard error', () => {
  it('gets the lines when the path is -', () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const { log } = openLog({ path: '-' })
    log.write({ event: 'own', subject: 'user-1' })
    expect(write.mock.calls).toEqual([
      ['{"time":"2023-11-14T22:13:20.000Z","event":"own","subject":"user-1","client_id":null}\n'],
    ])
  })

  it('cannot be chained', () => {
    expect(() => openAuditLog({ path: '-', hashChain: true })).toThrow(misconfiguration('hashChain') as Error)
  })

  it('leaves no listener behind', () => {
    const before = process.stderr.listenerCount('error')
    const { log } = openLog({ path: '-' })
    expect(process.stderr.listenerCount('error')).toBe(before + 1)
    log.close()
    expect(process.stderr.listenerCount('error')).toBe(before)
  })
})

it('warns through the process when nobody else is to be told', () => {
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue()
  const path = temporaryPath('folder/audit.log')
  mkdirSync(dirname(path))
  const log = openAuditLog({ path })
  log.close()
  log.write({ event: 'late' })
  expect(warn.mock.calls).toEqual([['the audit log cannot be written: ERR_CLOSED', 'AuditLogWarning']])
})
