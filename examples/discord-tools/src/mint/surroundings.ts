/** What the command line works with; everything from outside comes in here. @module */
import type { EnvironmentRecord } from '@mcp-auth/core'

/** A terminal with a person in front of it. */
export interface Terminal {
  /** Asks for a secret and shows nothing of it. @throws {CommandError} when the person gives up */
  askSecret(question: string): Promise<string>
}

/** The surroundings of one run. */
export interface Surroundings {
  readonly variables: EnvironmentRecord
  /** What a token may be good for, with what it means. */
  readonly scopes: Readonly<Record<string, string>>
  /** Seconds since the epoch. */
  readonly now: () => number
  readonly fetch: typeof fetch
  /** Absent where nobody can be asked. */
  readonly terminal: Terminal | undefined
  /** Standard input to its end; at most so many bytes. */
  readonly readInput: (maxBytes: number) => Promise<string>
  /** Writes a line on standard output: results, and nothing else. */
  readonly print: (line: string) => void
  /** Writes a line on standard error: everything for people. */
  readonly say: (line: string) => void
}
