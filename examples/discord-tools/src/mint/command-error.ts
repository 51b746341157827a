/** Why a command ends without having done its work. @module */

/** Exit codes, as in sysexits.h where it has one. */
export const exitCodes = { ok: 0, failure: 1, usage: 64, configuration: 78, interrupted: 130 } as const

/** What a person is told: a sentence without secrets, and the exit code. */
export class CommandError extends Error {
  readonly exitCode: number
  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CommandError'
    this.exitCode = exitCode
  }
}

/** A command line that makes no sense. */
export function usageError(message: string): CommandError {
  return new CommandError(exitCodes.usage, message)
}

/** Something else went wrong. */
export function failure(message: string, cause?: unknown): CommandError {
  return new CommandError(exitCodes.failure, message, { cause })
}
