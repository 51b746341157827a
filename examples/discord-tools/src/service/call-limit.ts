/** How often one caller may call tools. @module */
import type { AuthSession } from '@mcp-auth/core'
import type { Tool } from '@mcp-auth/example-kit'
import { createBoundedMap } from '../discord/bounded-map.ts'
import { ServiceError, toErrorObject, toFailure } from './service-error.ts'

/** Counts calls. */
export interface CallLimit {
  /** @throws {ServiceError} `too_many_calls`, with the time to wait */
  spend(session: Pick<AuthSession, 'subject' | 'extra'>): void
}

/** Callers that are remembered; whoever is forgotten starts anew. */
const maxCallers = 10_000

/** A token bucket for each user, whatever client and whatever token they call with. `now` in seconds. */
export function createCallLimit(callsPerMinute: number, now: () => number): CallLimit {
  const callers = createBoundedMap<{ calls: number; at: number }>(maxCallers)
  const perSecond = callsPerMinute / 60
  return {
    spend({ subject, extra }) {
      // Everybody may register as many clients as they like: a client is no part of who is counted.
      const caller = JSON.stringify([extra['iss'] ?? null, subject])
      const time = now()
      const known = callers.get(caller) ?? { calls: callsPerMinute, at: time }
      const calls = Math.min(callsPerMinute, known.calls + Math.max(0, time - known.at) * perSecond)
      const isAllowed = calls >= 1
      callers.set(caller, { calls: isAllowed ? calls - 1 : calls, at: time })
      if (isAllowed) return
      throw new ServiceError('too_many_calls', { retryAfterSeconds: Math.max(1, Math.ceil((1 - calls) / perSecond)) })
    },
  }
}

/** The same tool under the limit: for one that asks Discord by itself, outside of the traffic that our bots share. */
export function limitTool(tool: Tool, limit: CallLimit): Tool {
  return {
    ...tool,
    run: async (session, signal) => {
      try {
        limit.spend(session)
      } catch (error) {
        return { text: JSON.stringify({ error: toErrorObject(toFailure(error)) }), isError: true }
      }
      return await tool.run(session, signal)
    },
  }
}
