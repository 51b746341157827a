/** Where requests to the bot API arrive: logged, made to fail as ordered, and passed on. @module */
import {
  createFakeDesk,
  describeRequest,
  type FakeControls,
  type LoggedRequest,
  type ReceivedRequest,
  receiveRequest,
} from '@mcp-auth/core/mocks'
import { buildFaultAnswer, type FakeBotFault, type FakeBotFaultWord } from './faults.ts'
import { createRateLimiter, type RateLimiter } from './rate-limits.ts'
import { findRoute, type RouteMatch } from './route-table.ts'
import type { FakeBot, FakeBotRequest, FakeBotRoute, FakeDiscordWorld } from './state.ts'

type RoutedRequest = LoggedRequest<FakeBotRoute>

/** Orders failures, by route or `*` for every route without an order of its own. */
export type FakeBotFaults = Pick<FakeControls<RoutedRequest, FakeBotFault>, 'fail' | 'recover' | 'release'>

/** A request with what its path means and who sent it. */
export interface BotCall extends ReceivedRequest, RouteMatch {
  /** Absent for a token that no bot has, or none. */
  readonly bot: FakeBot | undefined
  readonly limiter: RateLimiter
}

/** The desk. */
export interface BotDesk {
  readonly faults: FakeBotFaults
  readonly received: readonly FakeBotRequest[]
  /** Logs a request and answers it, as ordered or by `answer`. */
  handle(request: Request, answer: (call: BotCall) => Response): Promise<Response>
}

/**
 * Creates the desk.
 * @param keep How many requests are kept.
 */
export function createBotDesk(world: FakeDiscordWorld, keep: number): BotDesk {
  const desk = createFakeDesk<RoutedRequest, FakeBotFaultWord>(false)
  const limiter = createRateLimiter(world.settings, () => world.now())
  const received: FakeBotRequest[] = []
  return {
    faults: desk.controls,
    received,
    handle: async (request, answer) => {
      const arrived = await receiveRequest(request)
      const match = findRoute(request.method, arrived.url.pathname)
      const bot = findBot(request, world)
      const logged = describeBotRequest(arrived, match, bot)
      received.push(logged)
      if (received.length > keep) received.shift()
      const response = await desk.handle({
        request,
        entry: describeRequest(match.route, arrived),
        latency: () => world.settings.latency?.(logged),
        // The token is looked up again: it may have been revoked while the request waited.
        answer: () => Promise.resolve(answer({ ...arrived, ...match, bot: findBot(request, world), limiter })),
        answerFault: buildFaultAnswer,
      })
      limiter.countInvalid(response)
      return response
    },
  }
}

function findBot(request: Request, { bots }: FakeDiscordWorld): FakeBot | undefined {
  const [, token] = /^Bot (\S+)$/.exec(request.headers.get('authorization') ?? '') ?? []
  return token === undefined ? undefined : bots.get(token)
}

function describeBotRequest(
  { request, url, body }: ReceivedRequest,
  { route }: RouteMatch,
  bot: FakeBot | undefined,
): FakeBotRequest {
  const headers = Object.fromEntries(request.headers)
  const scheme = headers['authorization']?.split(' ', 1)[0]
  return {
    route,
    method: request.method,
    path: url.pathname,
    query: [...url.searchParams],
    // Without a scheme the whole header is the token.
    headers:
      scheme === undefined
        ? headers
        : { ...headers, authorization: /^(bot|bearer|basic)$/i.test(scheme) ? scheme : '' },
    body,
    botId: bot?.userId,
  }
}
