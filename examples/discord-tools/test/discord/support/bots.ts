/** Bots that talk to a function. @module */
import { createDiscordBot, type DiscordBot } from '../../../src/discord/bot.ts'
import type { DiscordLimits } from '../../../src/discord/limits.ts'
import { createDiscordTraffic, type DiscordTraffic } from '../../../src/discord/traffic.ts'
import { type Clock, createClock } from './clock.ts'

/** A made-up token, in the form of Discord's. */
export const botToken = 'MjY4NDczMzEwOTg2MjQwMDAx.GfakeX.notARealTokenButAsLongAsOne0123456789ab'

/** A request that arrived. */
export interface Received {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly body: string
  readonly redirect: string
  /** Seconds since the epoch. */
  readonly at: number
}

/** A Discord of one function, and what it received. */
export interface Stand {
  readonly clock: Clock
  readonly traffic: DiscordTraffic
  readonly received: Received[]
  /** Never ends anything. */
  readonly signal: AbortSignal
  bot(token?: string, caller?: string): DiscordBot
}

/** Answers a request; throws to break the connection. */
export type Handler = (request: Received, signal: AbortSignal) => Response | Promise<Response>

export function createStand(handler: Handler, limits: Partial<DiscordLimits> = {}, timeoutSeconds = 15): Stand {
  const clock = createClock()
  const traffic = createDiscordTraffic({ now: clock.now, wait: clock.wait, limits })
  const received: Received[] = []
  // A signal holds those that follow it only weakly: unless requests are kept, a call that hangs might never be ended.
  const requests: Request[] = []
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    requests.push(request)
    const { method, headers, redirect, signal } = request
    const entry = { method, url: new URL(request.url), headers, body: await request.text(), redirect, at: clock.now() }
    received.push(entry)
    return await handler(entry, signal)
  }
  return {
    clock,
    traffic,
    received,
    signal: new AbortController().signal,
    bot: (token = botToken, caller) =>
      createDiscordBot({ token, caller, apiUrl: 'https://discord.com/api/v10', traffic, fetch, timeoutSeconds }),
  }
}

/** Gives one answer after the other, the last one for ever. */
export function inTurn(...handlers: readonly Handler[]): Handler {
  let count = 0
  return async (request, signal) => {
    const handler = handlers[Math.min(count++, handlers.length - 1)]
    if (!handler) throw new TypeError('no answer is left')
    return await handler(request, signal)
  }
}
