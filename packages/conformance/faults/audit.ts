/** What the server processes themselves wrote down about what they did. @module */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { History } from './history.ts'
import { readObject } from './requests.ts'

/** Events that explain what a client met. */
const telling = /^(upstream\.|grant\.|server\.|login\.failed|record\.)/
const ending = '.jsonl'

/** Path of the log of a process. */
export function auditLogOf(folder: string, process: string): string {
  return join(folder, process + ending)
}

/** Notes what is in the logs of a folder. A line is written at once, so that even a killed process has told everything. */
export function readAuditLogs(folder: string, history: History): void {
  for (const file of readdirSync(folder)) {
    const lines = readFileSync(join(folder, file), 'utf8').split('\n')
    // A process that is killed may leave half a line.
    for (const line of lines.filter((text) => text.endsWith('}'))) noteLine(line, file.replace(ending, ''), history)
  }
}

function noteLine(line: string, process: string, history: History): void {
  const { time, event, subject, client_id: _client, ...detail } = readObject(line)
  if (typeof time !== 'string' || typeof event !== 'string' || !telling.test(event)) return
  const user = typeof subject === 'string' ? subject : ''
  history.note({ kind: 'audit', at: Date.parse(time), process, user, event, detail: JSON.stringify(detail) })
}
