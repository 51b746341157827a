/** What can be wrong with a file of the vault. @module */

/**
 * `unreadable`: the file system refuses. `secret`: sealed under a secret that is not in the ring. `damaged`: does not
 * open, or is not in our form. `foreign`: sealed for another name, so that somebody renamed or swapped files.
 */
export type VaultFailure = 'unreadable' | 'secret' | 'damaged' | 'foreign'

const explanations: Readonly<Record<VaultFailure, string>> = {
  unreadable: 'cannot be read or written',
  secret: 'is sealed under a secret that is not in MCP_AUTH_SECRET',
  damaged: 'is damaged: it is not what was written',
  foreign: 'belongs under another name: it was renamed or swapped',
}

/** A file of the vault that cannot be used. Names the file, never what is in it. */
export class VaultError extends Error {
  readonly failure: VaultFailure
  /** Path inside the vault. */
  readonly file: string
  constructor(failure: VaultFailure, file: string, options?: ErrorOptions) {
    super(`vault: ${file} ${explanations[failure]}${codeOf(options?.cause)}`, options)
    this.name = 'VaultError'
    this.failure = failure
    this.file = file
  }
}

/** The code of an error of the file system, such as ` (EACCES)`; its message has a path of this machine. */
function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
}

/** Whether an error of the file system has this code. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
