/** How often one caller may call tools. @module */
import type { AuthSession } from '@mcp-auth/core'
import { createBoundedMap } from '../discord/bounded-map.ts'
import { ServiceError } from './service-error.ts'

/** Counts calls. */
export interface CallLimit {
  /** @throws {ServiceError} `too_many_calls`, with the time to wait */
  spend(session: Pick<AuthSession, 'subject' | 'extra'>): void
}

/** Callers that are remembered; whoever is forgotten starts anew. */
const maxCallers = 10_000

/**
 * Who is counted: a user, with all their clients and tokens. Everybody may register as many clients as they like, so that a
 * client is no part of it.
 */
export function callerOf({ subject, extra }: Pick<AuthSession, 'subject' | 'extra'>): string {
  return JSON.stringify([extra['iss'] ?? null, subject])
}

/** A token bucket for each user, whatever client and whatever token they call with. `now` in seconds. */
export function createCallLimit(callsPerMinute: number, now: () => number): CallLimit {
  const callers = createBoundedMap<{ calls: number; at: number }>(maxCallers)
  const perSecond = callsPerMinute / 60
  return {
    spend(session) {
      const caller = callerOf(session)
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
