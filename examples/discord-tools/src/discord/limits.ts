/** How much we ask of Discord, and how long we wait for it. @module */

/** Bounds of {@link createDiscordTraffic}; each has a default. */
export interface DiscordLimits {
  /** Longest that a call waits for its turn, in seconds. */
  readonly maxWaitSeconds: number
  /** Most calls that wait for the same thing. */
  readonly maxWaiting: number
  /** Requests per second and bot token. @see [Global rate limit](https://docs.discord.com/developers/topics/rate-limits#global-rate-limit) */
  readonly requestsPerSecond: number
  /**
   * Requests that Discord refused (401, 403, 429) within ten minutes, of all bots together, after which none is sent any
   * more. Discord shuts an address out at 10,000.
   * @see [Invalid request limit](https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans)
   */
  readonly invalidRequests: number
  /** The same for one bot token, so that those of one bot do not stop the others. Callers with none of their own go on. */
  readonly invalidRequestsPerToken: number
  /** The same for one caller, 401 apart, so that one caller's mistakes do not stop the others who share a bot token. */
  readonly invalidRequestsPerCaller: number
  /** For how long what Discord refused is not asked again, where the answer would be the same, in seconds. */
  readonly knownRefusalSeconds: number
  /** For how long a token that Discord refused is not tried again, in seconds. */
  readonly refusedTokenSeconds: number
  /** For how long nothing is sent after a block that names no end, in seconds. */
  readonly blockSeconds: number
  /** Seconds before an answer that was lost is asked for once more. */
  readonly retryPauseSeconds: number
  /** Bot tokens, rate limits, callers and refusals that are remembered; the longest unused is forgotten first. */
  readonly maxTokens: number
  readonly maxBuckets: number
  readonly maxCallers: number
  readonly maxKnownRefusals: number
}

/** What holds where nothing else is said. */
export const defaultLimits: DiscordLimits = Object.freeze({
  maxWaitSeconds: 10,
  maxWaiting: 100,
  requestsPerSecond: 50,
  invalidRequests: 1000,
  invalidRequestsPerToken: 200,
  invalidRequestsPerCaller: 30,
  knownRefusalSeconds: 30,
  refusedTokenSeconds: 300,
  blockSeconds: 60,
  retryPauseSeconds: 0.5,
  maxTokens: 1000,
  maxBuckets: 5000,
  maxCallers: 10_000,
  maxKnownRefusals: 5000,
})
