/** What goes wrong before Discord is asked, in words for the caller. @module */
import { OAuthError } from '@mcp-auth/core'
import { DiscordError } from '../discord/errors.ts'
import type { ToolInputIssue } from '../tools/tool.ts'

/** A stable code, for programs. */
export type ServiceErrorCode =
  | 'body_too_large'
  | 'invalid_parameters'
  | 'invalid_request'
  | 'no_bot_token'
  | 'sign_in_ended'
  | 'too_many_calls'
  | 'unknown_tool'
  | 'unsupported_media_type'

const table: Readonly<Record<ServiceErrorCode, { readonly status: number; readonly sentence: string }>> = {
  body_too_large: { status: 413, sentence: 'The body is too large' },
  invalid_parameters: { status: 400, sentence: 'The parameters are not valid' },
  invalid_request: {
    status: 400,
    sentence: 'The body must be a JSON object with the members method (name of a tool) and params (an object)',
  },
  no_bot_token: {
    status: 403,
    sentence:
      'There is no Discord bot token for you: use an access token that was minted with one, or ask the operator to set DISCORD_BOT_TOKEN',
  },
  sign_in_ended: { status: 403, sentence: 'The sign-in at Discord has ended: sign in again' },
  too_many_calls: { status: 429, sentence: 'You have made too many calls; wait a moment' },
  unknown_tool: { status: 404, sentence: 'There is no such tool' },
  unsupported_media_type: { status: 415, sentence: 'The request needs the header Content-Type: application/json' },
}

/** A failure that the caller may read. */
export class ServiceError extends Error {
  override readonly name: string = 'ServiceError'
  readonly code: ServiceErrorCode
  readonly status: number
  /** What is wrong with each parameter. */
  readonly issues: readonly ToolInputIssue[] | undefined
  /** Whole seconds. */
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: ServiceErrorCode,
    details: { readonly issues?: readonly ToolInputIssue[]; readonly retryAfterSeconds?: number } = {},
  ) {
    super(table[code].sentence)
    this.code = code
    this.status = table[code].status
    this.issues = details.issues
    this.retryAfterSeconds = details.retryAfterSeconds
  }
}

/** A failure as callers see it, over MCP and over REST. */
export interface Failure {
  readonly code: string
  readonly message: string
  /** HTTP status over REST. */
  readonly status: number
  readonly retryAfterSeconds?: number | undefined
  readonly issues?: readonly { readonly parameter: string; readonly message: string }[] | undefined
}

/** When Discord is out of reach and nobody knows for how long, in seconds. */
const retryAfterOutage = 5

/** Turns whatever was thrown into what may be shown: of the unexpected only that it happened, which the operator reads too. */
export function toFailure(error: unknown): Failure {
  const failure = readFailure(error)
  if (failure.code === unexpected.code) {
    console.error(`a tool failed: ${error instanceof Error ? error.name : typeof error}`)
  }
  return failure
}

const unexpected: Failure = { code: 'internal_error', message: 'The tool failed', status: 500 }

/** The same, and nobody reads it. */
export function readFailure(error: unknown): Failure {
  if (error instanceof DiscordError) {
    const { code, message, status, retryAfterSeconds } = error
    return {
      code,
      message,
      status,
      retryAfterSeconds: retryAfterSeconds ?? (status === 503 ? retryAfterOutage : undefined),
    }
  }
  if (error instanceof ServiceError) {
    const { code, message, status, retryAfterSeconds, issues } = error
    return { code, message, status, retryAfterSeconds, issues: issues?.map(toIssue) }
  }
  if (error instanceof OAuthError) {
    const { error: code, message, status, retryAfterSeconds } = error
    return { code, message, status, retryAfterSeconds }
  }
  return unexpected
}

/** Whether it says that the caller may not do this: in the audit log that is a denial like those of the rules. */
export function isDenial({ code }: Failure): boolean {
  return code === 'user_permission'
}

/** A failure as JSON, the same over MCP and over REST. */
export function toErrorObject({
  status: _status,
  retryAfterSeconds,
  ...failure
}: Failure): Readonly<Record<string, unknown>> {
  return { ...failure, retry_after: retryAfterSeconds }
}

function toIssue({ path = [], message }: ToolInputIssue): { readonly parameter: string; readonly message: string } {
  const names = path.map((part) => String(typeof part === 'object' ? part.key : part))
  return { parameter: names.join('.'), message }
}
