/** Tools, and the rules that stand next to them. @module */
import type { AccessRule, AuthSession } from '@mcp-auth/core'

/** What a tool says. */
export interface ToolAnswer {
  readonly text: string
  /** The tool could not do what it is for. */
  readonly isError?: boolean
}

/** A tool without arguments. */
export interface Tool {
  readonly name: string
  readonly title: string
  readonly description: string
  /** Who may call it. Nothing named means: whoever is signed in. */
  readonly canAccess?: AccessRule<AuthSession>
  /** `session` is the one of this very request, whatever request opened a longer connection. */
  run(session: AuthSession, signal: AbortSignal): ToolAnswer | Promise<ToolAnswer>
}
