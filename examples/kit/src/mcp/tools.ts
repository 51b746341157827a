/** Tools, and the rules that stand next to them. @module */
import { type AuthSession, missingScopes } from '@mcp-auth/core'

/** Who may call a tool. Nothing named means: whoever is signed in. */
interface ToolAccess {
  /** Scopes the call needs. A client that lacks them can get them by asking the user, so the tool stays listed. */
  readonly scopes?: readonly string[]
  /** Role of the user. Nobody can ask for a role, so that for everybody else the tool does not exist. */
  readonly role?: string
}

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
  readonly access: ToolAccess
  /** `session` is the one of this very request, whatever request opened a longer connection. */
  run(session: AuthSession, signal: AbortSignal): ToolAnswer | Promise<ToolAnswer>
}

/** Whether the tool exists for this caller. */
export function isVisible(tool: Tool, session: AuthSession): boolean {
  return tool.access.role === undefined || session.roles.includes(tool.access.role)
}

/** Scopes the caller has to ask for before the tool can be called. */
export function missingToolScopes(tool: Tool, session: AuthSession): readonly string[] {
  return missingScopes(session.scopes, tool.access.scopes ?? [])
}
