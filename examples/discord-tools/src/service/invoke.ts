/** One call of a tool, whatever carried it here. @module */
import type { AuthSession } from '@mcp-auth/core'
import { type BotTokenOrigin, DiscordError } from '../discord/errors.ts'
import type { DiscordTool } from '../tools/tool.ts'
import type { Bots } from './bots.ts'
import type { CallLimit } from './call-limit.ts'
import { ServiceError } from './service-error.ts'

/** What calls need. */
export interface InvokeOptions {
  readonly bots: Bots
  readonly limit: CallLimit
  /** Seconds since the epoch. */
  readonly now: () => number
}

/** Calls a tool for somebody whom the rules let pass. */
export type Invoke = (
  tool: DiscordTool,
  params: unknown,
  session: AuthSession,
  signal: AbortSignal,
) => Promise<Record<string, unknown>>

/** Makes the function. It throws {@link ServiceError}, {@link DiscordError} and {@link OAuthError}. */
export function createInvoke({ bots, limit, now }: InvokeOptions): Invoke {
  return async (tool, params, session, signal) => {
    limit.spend(session)
    const checked = await tool.input['~standard'].validate(params)
    if (checked.issues) throw new ServiceError('invalid_parameters', { issues: checked.issues })
    const { bot, actor, botToken } = await bots.find(session)
    try {
      return await tool.run(checked.value, { bot, actor, signal, now })
    } catch (error) {
      throw withCure(error, botToken)
    }
  }
}

/** Who can replace a bot token that Discord refuses depends on where it came from. */
function withCure(error: unknown, botToken: BotTokenOrigin): unknown {
  if (!(error instanceof DiscordError) || error.code !== 'token_refused') return error
  return new DiscordError('token_refused', { botToken, retryAfterSeconds: error.retryAfterSeconds })
}
