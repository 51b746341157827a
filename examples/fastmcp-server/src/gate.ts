/** Our sign-in and our rules in the words of the npm package `fastmcp`. @module */
import type { IncomingMessage } from 'node:http'
import {
  type AccessRule,
  type AuthSession,
  decide,
  isCurable,
  type LoggedCall,
  type MCPAccess,
  type McpAuth,
  requireAuth,
} from '@mcp-auth/core'
import { toRequestHead } from '@mcp-auth/core/node'
import { UserError } from 'fastmcp'

/** Sessions of fastmcp are plain records; ours is one. */
export type FastSession = AuthSession & Record<string, unknown>

/**
 * For `new FastMCP({ authenticate })`: the session of a request that may pass. What is thrown is the answer to one that
 * may not: 401, 503, or 403 where a scope is missing of what is called.
 * @param bodyOf the JSON of a request, which fastmcp has read already
 */
export function authenticateWith(
  auth: Pick<McpAuth, 'authenticate' | 'origin'>,
  access: Pick<MCPAccess, 'refuse'>,
  bodyOf: (request: IncomingMessage) => unknown,
): (request: IncomingMessage) => Promise<FastSession> {
  return async (request) => {
    const head = toRequestHead(request, auth.origin, request.url ?? '/')
    const session = await auth.authenticate(head)
    if (session instanceof Response) throw session
    const refusal = await access.refuse(head, session, bodyOf(request))
    if (refusal) throw refusal
    return { ...session }
  }
}

/** For `httpStream.cors`: pages that may call the server, which would be all of them. */
export function browserOriginsOf(auth: Pick<McpAuth, 'corsHeaders' | 'origin'>): {
  readonly credentials: boolean
  readonly exposedHeaders: string[]
  readonly origin: (origin: string) => boolean
} {
  return {
    // Whoever may call brings a token; cookies are for the pages of the login alone.
    credentials: false,
    exposedHeaders: ['WWW-Authenticate', 'Retry-After'],
    origin: (origin) => {
      const get = (name: string): string | null => (name.toLowerCase() === 'origin' ? origin : null)
      return Object.keys(auth.corsHeaders({ method: 'POST', url: auth.origin, headers: { get } })).length > 0
    },
  }
}

/** For a tool's `canAccess`, which lists and finds tools and does not wait: who can ask the user for more sees the tool. */
export function visibleBy(rule: AccessRule<AuthSession> = requireAuth): (session: FastSession) => boolean {
  return (session) => {
    const decision = rule(session)
    // A rule that has to be waited for decides when the tool is called.
    if (decision instanceof Promise) return true
    if (typeof decision !== 'object' || decision === null) return decision === true
    return decision.granted || isCurable(decision)
  }
}

/** Around a tool's `execute`: the rule decides on every call, whatever the list said. */
export async function callBy<Result extends { readonly isError?: boolean }>(
  rule: AccessRule<AuthSession> = requireAuth,
  session: FastSession | undefined,
  call: LoggedCall,
  execute: (session: FastSession) => Promise<Result>,
): Promise<Result> {
  const decision = await decide(rule, session, { now: Date.now() / 1000 })
  if (!decision.granted || !session) {
    if (!decision.granted) call.denied(decision)
    const scopes = decision.granted ? [] : decision.missingScopes
    throw new UserError(scopes.length > 0 ? `A scope is missing: ${scopes.join(' ')}` : 'You may not use this tool')
  }
  try {
    const result = await execute(session)
    call.called(result.isError === true ? 'error' : 'ok')
    return result
  } catch (error) {
    call.called('error')
    throw error
  }
}
