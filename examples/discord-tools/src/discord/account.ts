/** What is known of one bot token, and the limit over all that is done with it. @module */
import { createInvalidRequests, type InvalidRequests } from './invalid-requests.ts'
import type { DiscordLimits } from './limits.ts'
import { type Patience, pause } from './queue.ts'

/** What is known of one bot token, without the token. Times are seconds since the epoch. */
export interface Account {
  readonly name: string
  /** Which limit a route has turned out to have. */
  readonly limits: Map<string, string>
  /** When the last requests were sent, oldest first; as many as may be sent in a second. */
  readonly sent: number[]
  readonly invalid: InvalidRequests
  blockedUntil: number
  refusedUntil: number
}

/** A token of which nothing is known. */
export function createAccount(name: string, limits: DiscordLimits): Account {
  const invalid = createInvalidRequests(limits.invalidRequestsPerToken)
  return { name, limits: new Map(), sent: [], invalid, blockedUntil: 0, refusedUntil: 0 }
}

/**
 * Waits for a place in the second that Discord counts for all routes of a token together, and takes it.
 * @throws {DiscordError} `rate_limited`, `cancelled`
 * @see [Global rate limit](https://docs.discord.com/developers/topics/rate-limits#global-rate-limit)
 */
export async function enterSecond(account: Account, patience: Patience, perSecond: number): Promise<void> {
  for (;;) {
    const time = patience.now()
    const oldest = account.sent.length < perSecond ? undefined : account.sent[0]
    const seconds = Math.max(account.blockedUntil - time, oldest === undefined ? 0 : oldest + 1 - time)
    if (seconds <= 0) {
      if (oldest !== undefined) account.sent.shift()
      account.sent.push(time)
      return
    }
    await pause(seconds, patience)
  }
}
