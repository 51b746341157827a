/** The audit log of an example server: the one of `@mcp-auth/core/node`, and how many lines there were of each kind. @module */
import { type AuthEventListener, ConfigurationError, nameVariable } from '@mcp-auth/core'
import { type AuditEntry, openAuditLog as openAuditFile, toAuditEntry } from '@mcp-auth/core/node'

/** Where lines go, and how many of each kind there were since the start. */
export interface AuditLog {
  /** Takes what core reports: for `onEvent`. */
  readonly listener: AuthEventListener
  write(entry: AuditEntry): void
  /** Lines by event and, for tool calls, by `event tool`. */
  readonly counts: ReadonlyMap<string, number>
  close(): void
}

/** A client may call what does not exist, under any name. */
const maxCounts = 1000

/**
 * Opens the log.
 * @param target path of the file; `-` is standard error; `undefined` keeps only the counts
 * @throws {ConfigurationError} for a file that cannot be written
 */
export function openAuditLog(target: string | undefined): AuditLog {
  const counts = new Map<string, number>()
  const count = (key: string): void => {
    if (counts.has(key) || counts.size < maxCounts) counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const output = target === undefined ? { write() {}, close() {} } : open(target)
  const write = (entry: AuditEntry): void => {
    count(entry.event)
    if (entry.tool !== undefined) count(`${entry.event} ${entry.tool}`)
    output.write(entry)
  }
  return { listener: (event) => write(toAuditEntry(event)), write, counts, close: () => output.close() }
}

function open(path: string): Pick<AuditLog, 'write' | 'close'> {
  try {
    return openAuditFile({ path, onError: ({ message }) => console.error(message) })
  } catch (error) {
    throw error instanceof ConfigurationError ? nameVariable(error, { path: 'MCP_AUTH_AUDIT_LOG' }) : error
  }
}
