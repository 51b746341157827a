/** What known MCP clients send, by the name of the client. @module */
import { chatgpt } from './chatgpt.ts'
import { claude } from './claude.ts'
import { claudeCode } from './claude-code.ts'
import { codex } from './codex.ts'
import { cursor } from './cursor.ts'
import { geminiCli } from './gemini-cli.ts'
import { inspector } from './inspector.ts'
import { mcpRemote } from './mcp-remote.ts'
import { opencode } from './opencode.ts'
import type { ClientProfile } from './profile.ts'
import { vscode } from './vscode.ts'

/** Clients of which there is a profile. */
export type ClientName =
  | 'chatgpt'
  | 'claude'
  | 'claude-code'
  | 'codex'
  | 'cursor'
  | 'gemini-cli'
  | 'inspector'
  | 'mcp-remote'
  | 'opencode'
  | 'vscode'

/** The profiles. */
export const clientProfiles: Readonly<Record<ClientName, ClientProfile>> = {
  chatgpt,
  claude,
  'claude-code': claudeCode,
  codex,
  cursor,
  'gemini-cli': geminiCli,
  inspector,
  'mcp-remote': mcpRemote,
  opencode,
  vscode,
}
