/** The audit log: one JSON object a line, for what was decided about whom. @module */
import { closeSync, fchmodSync, fstatSync, openSync, writeSync } from 'node:fs'
import { type AuthEvent, ConfigurationError } from '@mcp-auth/core'

/** One line, without its time. A member that does not apply is `null` or left out, never a secret. */
export interface AuditEntry {
  readonly event: string
  readonly subject?: string | undefined
  readonly clientId?: string | undefined
  /** The tool that was called, where one was. */
  readonly tool?: string | undefined
  /** Why something was refused, or how it ended. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** Where lines go, and how many of each kind there were since the start. */
export interface AuditLog {
  write(entry: AuditEntry): void
  /** Lines by event and, for tool calls, by `event tool`. */
  readonly counts: ReadonlyMap<string, number>
  close(): void
}

/**
 * Opens the log. Lines are written at once: a log that waits in memory is lost with the process.
 * @param target path of the file; `-` is standard error; `undefined` keeps only the counts
 * @throws {ConfigurationError} for a file that cannot be written
 */
export function openAuditLog(target: string | undefined): AuditLog {
  const counts = new Map<string, number>()
  const count = (key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1)
  const output = openOutput(target)
  let failing = false
  return {
    counts,
    write(entry) {
      count(entry.event)
      if (entry.tool !== undefined) count(`${entry.event} ${entry.tool}`)
      try {
        output.write(`${JSON.stringify(line(entry, new Date().toISOString()))}\n`)
        failing = false
      } catch (error) {
        // A full disk must not end the server; once is enough to say it.
        if (!failing) console.error(`the audit log cannot be written: ${codeOf(error)}`)
        failing = true
      }
    },
    close: () => output.close(),
  }
}

/** What core reports, as an entry of the log. Its events are redacted by construction. */
export function toAuditEntry(event: AuthEvent): AuditEntry {
  const { type, time: _time, subject, clientId, ...details } = event
  return { event: type, subject, clientId, details }
}

function line(entry: AuditEntry, time: string): Readonly<Record<string, unknown>> {
  const { event, subject = null, clientId = null, tool, details } = entry
  return { time, event, subject, client_id: clientId, ...(tool === undefined ? {} : { tool }), ...details }
}

interface Output {
  write(text: string): void
  close(): void
}

function openOutput(target: string | undefined): Output {
  if (target === undefined) return { write() {}, close() {} }
  if (target === '-') return { write: (text) => void process.stderr.write(text), close() {} }
  try {
    const file = openSync(target, 'a', 0o600)
    // The file may be older than this rule, and readable for others.
    if (fstatSync(file).isFile()) fchmodSync(file, 0o600)
    return { write: (text) => void writeSync(file, text), close: () => closeSync(file) }
  } catch (cause) {
    throw new ConfigurationError(
      'MCP_AUTH_AUDIT_LOG',
      `the file cannot be opened for writing (${codeOf(cause)}); name a file in a folder that exists and that this process may write to`,
      { cause },
    )
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}
