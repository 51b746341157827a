/** An audit log on Node: one JSON object a line, for what was decided about whom. @module */
import { ConfigurationError } from '../errors.ts'
import type { AuthEventListener } from '../events.ts'
import { openAppendFile } from './append-file.ts'
import { createAuditChain } from './audit-chain.ts'
import { type AuditEntry, formatAuditEntry, toAuditEntry } from './audit-entry.ts'

/** Why lines are being lost. */
export interface AuditLogProblem {
  /** Code of the operating system, such as `ENOSPC` or `ENOENT`. */
  readonly code: string
  readonly message: string
}

/** Options of {@link openAuditLog}. */
export interface AuditLogOptions {
  /** The file; `-` is standard error. */
  readonly path: string
  /** Chains the lines, so that {@link verifyAuditLog} sees what was changed later. Default: `false`. */
  readonly hashChain?: boolean | undefined
  /**
   * Told once when lines cannot be written any more, and again only when that had been over in between.
   * Default: a warning of the process.
   */
  readonly onError?: ((problem: AuditLogProblem) => void) | undefined
  /** Seconds since the epoch. Default: the clock of the machine. */
  readonly now?: (() => number) | undefined
}

/** An open audit log. Nothing in it throws: trouble with the log is not the client's. */
export interface AuditLog {
  /** Takes everything that core reports: for `onEvent`. */
  readonly listener: AuthEventListener
  /** Chain value of the last line, to keep in another place. `undefined` without a chain. */
  readonly head: string | undefined
  /** Writes a line of one's own. */
  write(entry: AuditEntry): void
  close(): void
}

/** Where lines go. `append` throws when it cannot. */
interface Output {
  readonly head: string | undefined
  append(content: string): void
  close(): void
}

/**
 * Opens a log. A line is written at once, before `write` returns: one that waits in memory is lost with the process.
 * When the file is moved away or removed, the next line goes to a new one; lines that cannot be written are counted,
 * and the next one that can is preceded by a line `audit_log.lines_lost`.
 * @throws {ConfigurationError} `path`: it cannot be written; `hashChain`: it needs a file
 */
export function openAuditLog(options: AuditLogOptions): AuditLog {
  const { path, hashChain = false, onError = warn, now = () => Date.now() / 1000 } = options
  let problem: string | undefined
  let lost = 0
  let closed = false
  const report = (error: unknown): void => {
    const code = codeOf(error)
    const isNew = problem === undefined
    problem = code
    if (isNew) tell(onError, { code, message: `the audit log cannot be written: ${code}` })
  }
  const output = path === '-' ? openStandardError(hashChain, report) : openFile(path, hashChain)
  const append = (entry: AuditEntry): void => output.append(formatAuditEntry(entry, now() * 1000))
  const write = (entry: AuditEntry): void => {
    try {
      if (closed) throw Object.assign(new Error('closed'), { code: 'ERR_CLOSED' })
      if (lost > 0) append({ event: 'audit_log.lines_lost', details: { lines: lost } })
      lost = 0
      append(entry)
      problem = undefined
    } catch (error) {
      lost += 1
      report(error)
    }
  }
  return {
    listener: (event) => write(toAuditEntry(event)),
    get head() {
      return output.head
    },
    write,
    close() {
      if (closed) return
      closed = true
      output.close()
    },
  }
}

function openFile(path: string, hashChain: boolean): Output {
  try {
    const file = openAppendFile(path)
    const chain = hashChain ? createAuditChain(file) : undefined
    return {
      get head() {
        return chain?.head
      },
      append(content) {
        const isOther = file.follow()
        if (chain) chain.append(content, isOther)
        else file.append(`${content}\n`)
      },
      close: () => file.close(),
    }
  } catch (cause) {
    throw new ConfigurationError(
      'path',
      `the file cannot be opened for writing (${codeOf(cause)}); name a file in a folder that exists and that this process may write to`,
      { cause },
    )
  }
}

function openStandardError(hashChain: boolean, report: (error: unknown) => void): Output {
  if (hashChain) throw new ConfigurationError('hashChain', 'needs a file: standard error cannot be read again')
  let fault: Error | undefined
  const onFault = (error: Error): void => {
    fault = error
    report(error)
  }
  // Whoever read standard error may be gone: without a listener that would end the process.
  process.stderr.on('error', onFault)
  return {
    head: undefined,
    append(content) {
      if (fault) throw fault
      process.stderr.write(`${content}\n`)
    },
    close: () => void process.stderr.off('error', onFault),
  }
}

function tell(onError: (problem: AuditLogProblem) => void, problem: AuditLogProblem): void {
  try {
    onError(problem)
  } catch {
    // Nobody is left to be told.
  }
}

function warn({ message }: AuditLogProblem): void {
  process.emitWarning(message, 'AuditLogWarning')
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}
