/** A folder with an audit log, and what is in it. @module */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { AuditLog, AuditLogOptions, AuditLogProblem } from '../../../src/node/audit-log.ts'
import { openAuditLog } from '../../../src/node/audit-log.ts'

/** A line as a program reads it. */
export type Line = Readonly<Record<string, unknown>>

/** A path in a folder of its own, that is gone after the test. */
export function temporaryPath(name = 'audit.log'): string {
  const folder = mkdtempSync(join(tmpdir(), 'audit-log-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, name)
}

/** The lines of a file, as they are written. */
export function readTexts(path: string): string[] {
  const texts = readFileSync(path, 'utf8').split('\n')
  if (texts.pop() !== '') throw new Error('the last line has no end')
  return texts
}

/** The lines of a file, parsed. */
export function readLines(path: string): Line[] {
  return readTexts(path).map((text) => JSON.parse(text) as Line)
}

/** A log on a clock that stands still, closed after the test. */
export function openLog(options: AuditLogOptions): { log: AuditLog; problems: AuditLogProblem[] } {
  const problems: AuditLogProblem[] = []
  const log = openAuditLog({ now: () => 1_700_000_000, onError: (problem) => problems.push(problem), ...options })
  onTestFinished(() => log.close())
  return { log, problems }
}
