import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { AuditLog } from '../../src/node/audit-log.ts'
import { verifyAuditLog } from '../../src/node/verify-audit-log.ts'
import { openLog, readLines, readTexts, temporaryPath } from './support/audit-file.ts'

function writeTo(log: AuditLog, ...events: readonly string[]): void {
  for (const event of events) log.write({ event, subject: 'usér-1', details: { text: 'é "quoted" \u2028' } })
}

/** A chained log of five lines by one process. */
function fiveLines(): { path: string; texts: string[]; head: string } {
  const path = temporaryPath()
  const { log } = openLog({ path, hashChain: true })
  writeTo(log, 'one', 'two', 'three', 'four', 'five')
  return { path, texts: readTexts(path), head: log.head ?? '' }
}

describe('a chained line', () => {
  it('carries the SHA-256 of the chain value before it, a line feed, and the line without its own', () => {
    const { texts, head } = fiveLines()
    let former = ''
    for (const text of texts) {
      const [content, chain] = text.split(',"chain":"')
      former = createHash('sha256').update(`${former}\n${content}}`).digest('hex')
      expect(chain).toBe(`${former}"}`)
    }
    expect(head).toBe(former)
  })

  it('begins like any other line, and has its chain value last', () => {
    const { texts } = fiveLines()
    for (const text of texts) {
      const names = Object.keys(JSON.parse(text))
      expect(names).toEqual(['time', 'event', 'subject', 'client_id', 'text', 'writer', 'chain'])
    }
  })
})

describe('a chain that nobody touched is intact', () => {
  it('with its number of lines and its head', async () => {
    const { path, texts, head } = fiveLines()
    const verdict = await verifyAuditLog(path)
    expect(verdict).toEqual({
      intact: true,
      chained: 5,
      unchained: 0,
      unfinished: [],
      heads: { [JSON.parse(texts[0] ?? '').writer]: head },
      formerHeads: [],
    })
    expect(await verifyAuditLog(texts)).toEqual(verdict)
    expect(await verifyAuditLog(texts.map((text) => `${text}\n`))).toEqual(verdict)
    expect(await verifyAuditLog(path, { knownHeads: [head] })).toEqual(verdict)
  })

  it('when the log is empty', async () => {
    expect(await verifyAuditLog([])).toMatchObject({ intact: true, chained: 0 })
  })

  it('across a restart, which follows the last line', async () => {
    const { path, texts, head } = fiveLines()
    writeTo(openLog({ path, hashChain: true }).log, 'six', 'seven')
    const lines = readLines(path)
    expect(lines[5]).toMatchObject({ event: 'six', chain_after: head })
    expect(lines[6]).not.toHaveProperty('chain_after')
    expect(lines[5]?.['writer']).not.toBe(lines[4]?.['writer'])
    expect(await verifyAuditLog(path)).toMatchObject({ intact: true, chained: 7, formerHeads: [] })
    // The end of the first process cannot be cut off any more.
    const cut = [...texts.slice(0, 4), ...readTexts(path).slice(5)]
    expect(await verifyAuditLog(cut)).toMatchObject({ intact: false, line: 5, fault: 'changed_or_removed' })
  })

  it('across a restart after a crash in the middle of a line', async () => {
    const { path, texts } = fiveLines()
    truncateSync(path, readFileSync(path).length - 20)
    writeTo(openLog({ path, hashChain: true }).log, 'six')
    expect(await verifyAuditLog(path)).toMatchObject({ intact: true, chained: 5, unfinished: [5] })
    expect(readTexts(path)[4]).toBe(texts[4]?.slice(0, -19))
  })

  it('across a restart after a crash just before the end of a line', async () => {
    const { path } = fiveLines()
    truncateSync(path, readFileSync(path).length - 1)
    writeTo(openLog({ path, hashChain: true }).log, 'six')
    expect(await verifyAuditLog(path)).toMatchObject({ intact: true, chained: 6, unfinished: [] })
  })

  it('when it begins in a log that had none, and says how many lines it does not protect', async () => {
    const path = temporaryPath()
    writeTo(openLog({ path }).log, 'one', 'two')
    writeTo(openLog({ path, hashChain: true }).log, 'three')
    expect(await verifyAuditLog(path)).toMatchObject({ intact: true, unchained: 2, chained: 1 })
  })

  it('over several writers that take turns', async () => {
    const path = temporaryPath()
    const logs = [1, 2, 3].map(() => openLog({ path, hashChain: true }).log)
    for (let turn = 0; turn < 4; turn += 1) for (const log of logs) writeTo(log, `turn ${turn}`)
    const verdict = await verifyAuditLog(path)
    expect(verdict).toMatchObject({ intact: true, chained: 12 })
    expect(new Set(Object.values(verdict.heads))).toEqual(new Set(logs.map(({ head }) => head)))
  })
})

describe('a rotated chain', () => {
  it('goes on in the new file from the last line of the old one', async () => {
    const path = temporaryPath()
    const { log } = openLog({ path, hashChain: true })
    writeTo(log, 'one', 'two')
    const { head = '' } = log
    renameSync(path, `${path}.1`)
    writeTo(log, 'three', 'four')
    expect(readLines(path)[0]).toMatchObject({ event: 'three', chain_from: head })
    const former = await verifyAuditLog(`${path}.1`)
    const verdict = await verifyAuditLog(path, { knownHeads: [log.head ?? ''] })
    expect(former).toMatchObject({ intact: true, heads: { [String(readLines(path)[0]?.['writer'])]: head } })
    expect(verdict).toMatchObject({ intact: true, chained: 2, formerHeads: [head] })
    expect(await verifyAuditLog(readTexts(path).slice(1))).toMatchObject({ intact: false, line: 1 })
  })

  it('goes on likewise when the file was copied and cut off, also by a writer that comes late', async () => {
    const path = temporaryPath()
    const [early, late] = [openLog({ path, hashChain: true }).log, openLog({ path, hashChain: true }).log]
    writeTo(early, 'one')
    writeTo(late, 'two')
    const { head } = late
    copyFileSync(path, `${path}.1`)
    truncateSync(path, 0)
    // Longer than before, so that the size tells nothing.
    writeTo(early, 'three', 'four', 'five', 'six')
    writeTo(late, 'seven')
    expect(readLines(path).at(-1)).toMatchObject({ event: 'seven', chain_from: head })
    expect(await verifyAuditLog(path)).toMatchObject({ intact: true, chained: 5 })
  })

  it('goes on when the file was removed, and counts the lines that were lost meanwhile', async () => {
    const path = temporaryPath('folder/audit.log')
    mkdirSync(dirname(path))
    const { log } = openLog({ path, hashChain: true })
    writeTo(log, 'one')
    const { head } = log
    rmSync(dirname(path), { recursive: true })
    writeTo(log, 'lost')
    expect(log.head).toBe(head)
    mkdirSync(dirname(path))
    writeTo(log, 'two')
    expect(readLines(path)).toMatchObject([
      { event: 'audit_log.lines_lost', lines: 1, chain_from: head },
      { event: 'two' },
    ])
    expect(await verifyAuditLog(path)).toMatchObject({ intact: true, chained: 2, formerHeads: [head] })
  })

  it.skipIf(!existsSync('/dev/full'))('does not go on from a line that was never written', async () => {
    const path = temporaryPath()
    symlinkSync('/dev/full', path)
    const { log, problems } = openLog({ path, hashChain: true })
    writeTo(log, 'lost')
    expect(problems.map(({ code }) => code)).toEqual(['ENOSPC'])
    expect(log.head).toBeUndefined()
    rmSync(path)
    writeTo(log, 'one')
    expect(await verifyAuditLog(path)).toMatchObject({ intact: true, chained: 2, formerHeads: [] })
  })

  it('that had no line yet follows the last line of the file that it finds', async () => {
    const path = temporaryPath()
    const { log } = openLog({ path, hashChain: true })
    const former = fiveLines()
    renameSync(former.path, path)
    writeTo(log, 'six')
    expect(readLines(path)[5]).toMatchObject({ chain_after: former.head })
    expect(await verifyAuditLog(path)).toMatchObject({ intact: true, chained: 6 })
  })
})

describe('what was done to a chain is seen at the first line it was done to', () => {
  const changes: readonly (readonly [string, (texts: string[]) => string[], number, string])[] = [
    ['a changed word', (texts) => texts.with(2, (texts[2] ?? '').replace('three', 'tHree')), 3, 'changed_or_removed'],
    [
      'a changed word of the first line',
      (texts) => texts.with(0, (texts[0] ?? '').replace('one', '0ne')),
      1,
      'changed_or_removed',
    ],
    [
      'a changed word of the last line',
      (texts) => texts.with(4, (texts[4] ?? '').replace('five', 'f1ve')),
      5,
      'changed_or_removed',
    ],
    [
      'a space that means nothing',
      (texts) => texts.with(1, (texts[1] ?? '').replace(',', ', ')),
      2,
      'changed_or_removed',
    ],
    ['a changed chain value', (texts) => texts.with(3, (texts[3] ?? '').replace(/.(?="\}$)/, 'x')), 4, 'unchained'],
    ['a removed line', (texts) => texts.toSpliced(1, 1), 2, 'changed_or_removed'],
    ['the first line removed', (texts) => texts.slice(1), 1, 'changed_or_removed'],
    ['several lines removed', (texts) => texts.toSpliced(1, 3), 2, 'changed_or_removed'],
    ['a line twice', (texts) => texts.toSpliced(2, 0, texts[1] ?? ''), 3, 'inserted'],
    ['two lines that changed places', (texts) => texts.with(1, texts[2] ?? '').with(2, texts[1] ?? ''), 2, 'inserted'],
    ['a line of another log', (texts) => texts.toSpliced(3, 0, fiveLines().texts[2] ?? ''), 4, 'changed_or_removed'],
    ['a line without a chain value', (texts) => texts.toSpliced(3, 0, '{"event":"forged"}'), 4, 'unchained'],
    ['a chain value taken away', (texts) => texts.with(3, (texts[3] ?? '').replace(/,"chain".*/, '}')), 4, 'unchained'],
    ['a line made unreadable', (texts) => texts.with(2, 'garbage'), 3, 'changed_or_removed'],
    [
      'another writer',
      (texts) => texts.with(3, (texts[3] ?? '').replace(/"writer":"../, '"writer":"zz')),
      4,
      'changed_or_removed',
    ],
  ]
  it.each(changes)('%s', async (_name, change, line, fault) => {
    const { path, texts } = fiveLines()
    const changed = change(texts)
    expect(await verifyAuditLog(changed)).toMatchObject({ intact: false, line, fault })
    writeFileSync(path, `${changed.join('\n')}\n`)
    expect(await verifyAuditLog(path)).toMatchObject({ intact: false, line, fault })
  })

  it('a byte that is no text any more', async () => {
    const { path } = fiveLines()
    const bytes = readFileSync(path)
    bytes[bytes.indexOf('usér', bytes.indexOf('"event":"four"')) + 2] = 0xff
    writeFileSync(path, bytes)
    expect(await verifyAuditLog(path)).toMatchObject({ intact: false, line: 4 })
  })

  it('the end cut off, but only when a later head was kept elsewhere', async () => {
    const { texts, head } = fiveLines()
    const cut = texts.slice(0, 3)
    expect(await verifyAuditLog(cut)).toMatchObject({ intact: true, chained: 3 })
    expect(await verifyAuditLog(cut, { knownHeads: [head] })).toMatchObject({
      intact: false,
      line: 4,
      fault: 'end_removed',
    })
  })

  it('a chain that somebody calculated anew, but only when a head was kept elsewhere', async () => {
    const { head } = fiveLines()
    const { texts } = fiveLines()
    expect(await verifyAuditLog(texts)).toMatchObject({ intact: true })
    expect(await verifyAuditLog(texts, { knownHeads: [head] })).toMatchObject({ intact: false, fault: 'end_removed' })
  })
})

it('says in its own way that there is no file', async () => {
  await expect(verifyAuditLog(`${temporaryPath()}.absent`)).rejects.toMatchObject({ code: 'ENOENT' })
})
