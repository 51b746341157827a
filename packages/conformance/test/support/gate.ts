/** What the gate says to a token. */
import { outcome } from './answers.ts'
import { callMCP } from './client.ts'
import type { TestServer } from './server.ts'

/** The answer in short, and whether anything behind the gate was called. */
export interface Verdict {
  readonly outcome: string
  readonly called: boolean
}

/** Presents a token. */
export async function judgeToken(server: Pick<TestServer, 'mcpURL' | 'calls'>, token: string): Promise<Verdict> {
  const before = server.calls.length
  const answer = await callMCP(server, token)
  return { outcome: outcome(answer), called: server.calls.length > before }
}

/** The verdict on a token that is not good. */
export const refused: Verdict = { outcome: '401 invalid_token', called: false }

/** The verdict on a good one. */
export const accepted: Verdict = { outcome: '200', called: true }
