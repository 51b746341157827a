/** One request to Discord and its answer, both within bounds. @module */
import { readBounded } from '@mcp-auth/example-kit'
import { DiscordError } from './errors.ts'

/** Status, headers and JSON of an answer. */
export interface DiscordAnswer {
  readonly status: number
  readonly headers: Headers
  /** `undefined` when there is no body, or it is no JSON. */
  readonly body: unknown
}

/** What is sent. */
export interface DiscordRequest {
  readonly url: string
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

/** Surroundings of an exchange. */
export interface ExchangeOptions {
  readonly fetch: typeof fetch
  readonly timeoutSeconds: number
  readonly signal: AbortSignal
}

/** A hundred messages at their longest, embeds included, stay below. */
const maxAnswerBytes = 8 * 1024 * 1024

/** Errors of connections that never were: the request cannot have had an effect. */
const neverSent: readonly unknown[] = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]

/**
 * Sends a request and reads the answer, whatever its status.
 * @throws {DiscordError} `unreachable`; `answer_lost` when the request may have changed something; `unreadable` for an
 * answer of success that is too large; `cancelled`
 */
export async function exchange(request: DiscordRequest, options: ExchangeOptions): Promise<DiscordAnswer> {
  const { fetch: call, timeoutSeconds, signal } = options
  const { url, method, headers, body } = request
  try {
    const response = await call(url, {
      method,
      headers,
      // What redirects an API is not the API: the token would follow.
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)]),
      ...(body === undefined ? {} : { body }),
    })
    const text = await readBounded(response, maxAnswerBytes)
    const { status } = response
    // Who is told to try again would do it twice.
    if (text === undefined && status < 400) throw new DiscordError(method === 'GET' ? 'unreadable' : 'answer_lost')
    return { status, headers: response.headers, body: text === undefined ? undefined : parseJSON(text) }
  } catch (error) {
    // The error of a fetch may name addresses and tokens: none of it goes on.
    if (error instanceof DiscordError) throw error
    if (signal.aborted) throw new DiscordError('cancelled')
    throw new DiscordError(method === 'GET' || wasNeverSent(error) ? 'unreachable' : 'answer_lost')
  }
}

function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function wasNeverSent(error: unknown): boolean {
  const cause: unknown = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && neverSent.includes(cause.code)
}
