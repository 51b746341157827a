/** How every request of a bot is made: headers, limits, errors. @module */
import type * as z from 'zod/mini'
import { toDiscordError } from './answer-errors.ts'
import { DiscordError, type DiscordErrorCode } from './errors.ts'
import { type DiscordAnswer, exchange } from './exchange.ts'
import { isSnowflake } from './snowflake.ts'
import type { DiscordTraffic } from './traffic.ts'

/** What a bot is made of. */
export interface RequesterOptions {
  /** The bot token, without a prefix. */
  readonly token: string
  /** With the version, such as `https://discord.com/api/v10`: without one, Discord answers as version 6. */
  readonly apiUrl: string
  /** One for all bots of the process: Discord counts per token and per address. */
  readonly traffic: DiscordTraffic
  /** For whom: what Discord refuses is counted for each. */
  readonly caller?: string | undefined
  readonly fetch?: typeof fetch | undefined
  /** `DiscordBot (<url>, <version>)`: Discord blocks what does not introduce itself so. */
  readonly userAgent?: string | undefined
  /** Seconds until a request is given up. Default: 15. */
  readonly timeoutSeconds?: number | undefined
}

/** A request, as a bot makes it. */
export interface BotRequest {
  /** Default: GET. */
  readonly method?: 'GET' | 'POST' | 'DELETE'
  /** The parts between the slashes: `channels` or `guilds`, its id, and the rest. */
  readonly path: readonly [string, string, ...string[]]
  /** What is `undefined` is left out. */
  readonly query?: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Sent as JSON. */
  readonly body?: unknown
  /** For the audit log of the server. */
  readonly reason?: string
  /** What the bot needs for it. */
  readonly permissions?: readonly string[]
  /** Discord's names of fields, with the names that callers know them by. */
  readonly parameters?: Readonly<Record<string, string>>
  /** Statuses besides success that are no error. */
  readonly accept?: readonly number[]
  readonly signal: AbortSignal
}

/** Makes a request. @throws {DiscordError} */
export type Requester = (request: BotRequest) => Promise<DiscordAnswer>

const defaultUserAgent = 'DiscordBot (https://www.npmjs.com/package/@mcp-auth/core, 0)'

/** What an attempt ends with that did not reach Discord, or that Discord did not look at. */
const notSent: readonly DiscordErrorCode[] = [
  'blocked',
  'invalid_requests',
  'overloaded',
  'rate_limited',
  'token_refused',
  'too_many_refusals',
  'unreachable',
]

/**
 * Prepares requests for one token.
 * @throws {TypeError} for a token that no header can carry, or an address that is none
 */
export function createRequester(options: RequesterOptions): Requester {
  const { token, traffic, caller, fetch: call = fetch, userAgent = defaultUserAgent, timeoutSeconds = 15 } = options
  // What headers cannot carry would be repeated in the error of the platform.
  if (!/^[!-~]{1,500}$/.test(token)) throw new TypeError('the bot token must be one word, without the prefix Bot')
  if (!/^DiscordBot \([!-~]+, [!-~]+\)/.test(userAgent))
    throw new TypeError('the user agent must be of the form DiscordBot (<url>, <version>)')
  if (!URL.canParse(options.apiUrl)) throw new TypeError('the address of the API must be an absolute URL')
  const apiUrl = options.apiUrl.replace(/\/+$/, '')

  return async (request) => {
    const { method = 'GET', path, body, reason, signal } = request
    const facts = {
      isWrite: method !== 'GET',
      permissions: request.permissions ?? ['VIEW_CHANNEL'],
      parameters: request.parameters ?? {},
    }
    // Ids come from people: what is none must not turn into another path.
    const isSafe = path.every((part) => isSnowflake(part) || /^[a-z-]+$/.test(part))
    if (!isSafe && path.join('/') !== 'users/@me') throw new TypeError('not an id of Discord')
    const target = `${path.join('/')}${toQuery(request.query)}`
    const message = {
      url: `${apiUrl}/${target}`,
      method,
      headers: {
        accept: 'application/json',
        authorization: `Bot ${token}`,
        'user-agent': userAgent,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(reason === undefined ? {} : { 'x-audit-log-reason': encodeURIComponent(reason) }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }
    let wasLost = false
    const send = async (): Promise<DiscordAnswer> => {
      try {
        const attempt = await exchange(message, { fetch: call, timeoutSeconds, signal })
        wasLost ||= attempt.status >= 500
        return attempt
      } catch (error) {
        wasLost ||= isOneOf(error, ['answer_lost'])
        throw error
      }
    }
    // Deleting twice is deleting once, and creating carries a nonce.
    const turn = {
      token,
      caller,
      route: toRoute(method, path),
      resource: path[1],
      target: `${method} ${target}`,
      signal,
      isRepeatable: true,
    }
    // That a second attempt was not made, or not looked at, says nothing about the first.
    const judge = (error: unknown): unknown =>
      facts.isWrite && wasLost && isOneOf(error, notSent) ? new DiscordError('answer_lost') : error
    const answer = await traffic.run(turn, send).catch((error: unknown) => {
      throw judge(error)
    })
    if (isSuccess(answer.status) || request.accept?.includes(answer.status)) return answer
    const error = toDiscordError(answer, facts)
    // The first attempt did it, and only its answer was lost.
    if (wasLost && method === 'DELETE' && error.code === 'unknown_message') return answer
    throw judge(error)
  }
}

/**
 * Reads what an answer brought.
 * @throws {DiscordError} `unreadable`
 */
export function parseAnswer<T>(schema: z.ZodMiniType<T>, { body }: DiscordAnswer): T {
  return parse(schema, body, 'unreadable')
}

/**
 * Reads what came of a change.
 * @throws {DiscordError} `answer_lost`: it was made, as far as anybody can tell
 */
export function parseOutcome<T>(schema: z.ZodMiniType<T>, { body }: DiscordAnswer): T {
  return parse(schema, body, 'answer_lost')
}

function parse<T>(schema: z.ZodMiniType<T>, body: unknown, failure: DiscordErrorCode): T {
  const parsed = schema.safeParse(body)
  if (!parsed.success) throw new DiscordError(failure)
  return parsed.data
}

/**
 * Makes sure that a change was made that brings nothing.
 * @throws {DiscordError} `answer_lost` for a success that is not Discord's: it answers 204
 */
export function assertDone({ status }: DiscordAnswer): void {
  if (status >= 200 && status < 300 && status !== 204) throw new DiscordError('answer_lost')
}

function isOneOf(error: unknown, codes: readonly DiscordErrorCode[]): boolean {
  return error instanceof DiscordError && codes.includes(error.code)
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

/** Limits are per route and top-level resource: other ids do not make another route. */
function toRoute(method: string, path: readonly string[]): string {
  return `${method} ${path.map((part) => (isSnowflake(part) ? ':id' : part)).join('/')}`
}

function toQuery(query: BotRequest['query'] = {}): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    // A list is the same parameter again and again.
    for (const item of [value ?? []].flat()) parameters.append(name, item)
  }
  return parameters.size === 0 ? '' : `?${parameters}`
}
