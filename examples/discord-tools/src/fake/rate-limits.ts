/** How often a bot may ask. @module */
import type { FakeBotRoute, FakeBotSettings, FakeRateLimit } from './state.ts'

/** Which request is counted: bucket by bot, route and top-level id. */
export interface CountedRequest {
  readonly botId: string
  readonly route: FakeBotRoute
  /** Id of the channel or server in the path; empty when there is none. */
  readonly topLevelId: string
}

/** Counts requests, in windows that begin with their first request. */
export interface RateLimiter {
  /** Counts a request: its headers, or the refusal when it was one too many. */
  count(request: CountedRequest): { readonly headers: Record<string, string> } | { readonly refusal: Response }
  /** Counts an answer that Discord calls an invalid request. */
  countInvalid(answer: Response): void
  /** Whether there were too many of them. */
  isBlocked(): boolean
}

interface Window {
  readonly end: number
  readonly used: number
}

/** From here on the windows that are over are forgotten. */
const maximumWindows = 1000

function forgetEnded(windows: Map<string, Window>, now: number): void {
  for (const [key, { end }] of windows) if (end <= now) windows.delete(key)
}

/** Creates the counters. */
export function createRateLimiter(settings: FakeBotSettings, now: () => number): RateLimiter {
  const windows = new Map<string, Window>()
  const use = (key: string, { seconds }: FakeRateLimit): Window => {
    const found = windows.get(key)
    const window = found !== undefined && found.end > now() ? found : { end: now() + seconds, used: 0 }
    const next = { ...window, used: window.used + 1 }
    windows.set(key, next)
    if (windows.size > maximumWindows) forgetEnded(windows, now())
    return next
  }
  return {
    count: ({ botId, route, topLevelId }) => {
      const { globalLimit, limits, otherLimit } = settings
      const global = use(`global ${botId}`, globalLimit)
      if (global.used > globalLimit.limit) return { refusal: refuseRate('global', global.end - now()) }
      const limit = limits[route] ?? otherLimit
      const window = use(`${botId} ${route} ${topLevelId}`, limit)
      const headers = describeWindow(route, limit, window, now())
      return window.used > limit.limit ? { refusal: refuseRate('user', window.end - now(), headers) } : { headers }
    },
    countInvalid: ({ status, headers }) => {
      const isInvalid = status === 401 || status === 403 || status === 429
      if (isInvalid && headers.get('x-ratelimit-scope') !== 'shared') use('invalid', settings.invalidRequestLimit)
    },
    isBlocked: () => {
      const window = windows.get('invalid')
      return window !== undefined && window.end > now() && window.used >= settings.invalidRequestLimit.limit
    },
  }
}

/**
 * [Headers](https://docs.discord.com/developers/topics/rate-limits#header-format-rate-limit-header-examples) of every answer.
 * The bucket does not tell the top-level ids apart.
 */
function describeWindow(
  route: FakeBotRoute,
  { limit }: FakeRateLimit,
  { end, used }: Window,
  now: number,
): Record<string, string> {
  return {
    'X-RateLimit-Limit': String(limit),
    'X-RateLimit-Remaining': String(Math.max(0, limit - used)),
    'X-RateLimit-Reset': end.toFixed(3),
    'X-RateLimit-Reset-After': (end - now).toFixed(3),
    'X-RateLimit-Bucket': Array.from(route, (letter) => letter.charCodeAt(0).toString(16)).join(''),
  }
}

/**
 * The refusal of a [rate limit](https://docs.discord.com/developers/topics/rate-limits#exceeding-a-rate-limit).
 * The header counts whole seconds and the body is exact.
 * @param seconds Until it may be tried again.
 * @example
 * fake.faults.fail('createMessage', () => refuseRate('shared', 1336.57), 1)
 */
export function refuseRate(
  scope: 'user' | 'shared' | 'global',
  seconds: number,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const message = scope === 'shared' ? 'The resource is being rate limited.' : 'You are being rate limited.'
  const retryAfter = Math.max(0, Number(seconds.toFixed(3)))
  return Response.json(
    { message, retry_after: retryAfter, global: scope === 'global' },
    {
      status: 429,
      headers: {
        ...headers,
        'Retry-After': String(Math.ceil(retryAfter)),
        'X-RateLimit-Scope': scope,
        ...(scope === 'global' ? { 'X-RateLimit-Global': 'true' } : {}),
      },
    },
  )
}
