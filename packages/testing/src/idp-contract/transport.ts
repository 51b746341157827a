/** The line between proxy and identity provider (IdP): recorded, slowed down, cut. @module */
import type { Fetch } from '@mcp-auth/core'

/** What a request is about, read from the request itself. */
type IdPEndpoint = 'token' | 'refresh' | 'revoke' | 'metadata' | 'api'

/** One request of the proxy to the IdP, and the answer it got. */
export interface Exchange {
  readonly endpoint: IdPEndpoint
  readonly method: string
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Body parameters. */
  readonly form: Readonly<Record<string, string>>
  readonly body: string
  /** Absent until there is one. */
  answer?: { readonly status: number; readonly text: string }
}

/** What an interception knows of the proxy's patience. */
export interface Patience {
  /** Aborted when the proxy gives the request up. */
  readonly signal: AbortSignal | undefined
  /** Ends the time that the proxy gives the request, as soon as it waits for the answer. */
  readonly end: () => void
}

/** Answers in the IdP's place. `ask` asks the IdP after all, with another form if one is given. */
export type Interception = (
  exchange: Exchange,
  ask: (form?: Readonly<Record<string, string>>) => Promise<Response>,
  patience: Patience,
) => Response | Promise<Response>

/** The line and its controls. */
export interface Transport {
  readonly fetch: Fetch
  readonly exchanges: readonly Exchange[]
  to(endpoint: IdPEndpoint): Exchange[]
  /** From now on `interception` answers at an endpoint. */
  intercept(endpoint: IdPEndpoint, interception: Interception): void
  /** Ends every interception. */
  restore(): void
}

/** Creates the line to an IdP. `endTime` ends the time of all calls that are under way, in a moment. */
export function createTransport(idp: (request: Request) => Promise<Response>, endTime: () => void): Transport {
  const exchanges: Exchange[] = []
  const interceptions = new Map<IdPEndpoint, Interception>()
  return {
    exchanges,
    to: (endpoint) => exchanges.filter((exchange) => exchange.endpoint === endpoint),
    intercept: (endpoint, interception) => void interceptions.set(endpoint, interception),
    restore: () => interceptions.clear(),
    async fetch(url, init) {
      const exchange = describe(url, init)
      exchanges.push(exchange)
      const ask = async (form?: Readonly<Record<string, string>>): Promise<Response> =>
        await idp(new Request(url, form ? { ...init, body: new URLSearchParams(form).toString() } : init))
      const patience = { signal: init.signal ?? undefined, end: endTime }
      const interception = interceptions.get(exchange.endpoint)
      const response = await (interception ? interception(exchange, ask, patience) : ask())
      return await keepAnswer(exchange, response)
    },
  }
}

/** Members of the JSON object that the IdP answered, empty when it was none. */
export function answerOf({ answer }: Exchange): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(answer?.text ?? '')
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
  } catch {
    return Object.fromEntries(new URLSearchParams(answer?.text ?? ''))
  }
}

function describe(url: string, init: RequestInit): Exchange {
  const headers = Object.fromEntries(new Headers(init.headers))
  const body = typeof init.body === 'string' ? init.body : ''
  const isForm = /urlencoded/i.test(headers['content-type'] ?? '')
  const form = isForm ? Object.fromEntries(new URLSearchParams(body)) : {}
  const { method = 'GET' } = init
  return { endpoint: endpointOf(url, form), method, url, headers, form, body }
}

function endpointOf(url: string, form: Readonly<Record<string, string>>): IdPEndpoint {
  if (form['grant_type'] === 'refresh_token') return 'refresh'
  if (form['grant_type'] !== undefined) return 'token'
  if (form['token'] !== undefined) return 'revoke'
  return /\/\.well-known\/|jwks|\/keys$|\/certs$/i.test(new URL(url).pathname) ? 'metadata' : 'api'
}

/** A copy of the text; a body that does not end is left alone. */
async function keepAnswer(exchange: Exchange, response: Response): Promise<Response> {
  if (response.headers.get('x-endless') !== null || response.status === 0) return response
  const text = await response.text()
  exchange.answer = { status: response.status, text }
  const isEmpty = [101, 204, 205, 304].includes(response.status)
  return new Response(isEmpty ? null : text, { status: response.status, headers: response.headers })
}
