/** The controls that every fake has: what was asked, what was issued, and what fails. @module */
import { createFaultPlan, type FakeFault } from './fault-plan.ts'
import type { LoggedRequest } from './received-request.ts'

/** Options that every fake has. */
export interface FakeOptions<User, Settings> {
  /** Default: made-up ones; the first one is signed in. */
  readonly users?: readonly User[]
  /** First values of the settings. */
  readonly settings?: Partial<Settings>
  /** Seconds since the epoch. Default: the clock of the machine. */
  readonly now?: () => number
  /** Keep `requests` and `secrets`, which grow without end. Default: `true`. */
  readonly record?: boolean
}

/** Switches that every fake has, to be set at any time. */
export interface FakeSettings<Entry> {
  /** Key, in the `users` of the fake, of the user who is signed in at the identity provider. */
  user: string
  /** The user says no. */
  deny: boolean
  /** Show a page with buttons instead of agreeing at once: for demos. */
  interactive: boolean
  /** Life of access tokens, in seconds. */
  expiresIn: number
  /** Runs after a request was logged and before anything happens: a place to wait in. */
  latency: ((request: Entry) => Promise<void> | void) | undefined
}

/** What tests ask a fake and tell it. */
export interface FakeControls<Entry extends LoggedRequest, Fault> {
  /** Every request so far, in order of arrival. */
  readonly requests: readonly Entry[]
  /** Every code and token ever issued: none of them may turn up where a client can see it. */
  readonly secrets: readonly string[]
  /** The requests to one endpoint. */
  requestsTo(endpoint: Entry['endpoint']): Entry[]
  /** Makes an endpoint fail, for the next `times` requests or until {@link recover}. `*`: every endpoint. */
  fail(endpoint: Entry['endpoint'] | '*', fault: Fault, times?: number): void
  /** Ends every failure. */
  recover(): void
  /** Lets the requests that hang continue. */
  release(): void
}

/** One request to a fake, and the two ways to answer it. */
export interface FakeExchange<Entry, Word extends string> {
  readonly request: Request
  /** The request for the log. */
  readonly entry: Entry
  /** Where to wait: `latency` of the settings. */
  readonly latency: FakeSettings<Entry>['latency']
  /** Does the work. */
  readonly answer: () => Promise<Response>
  /** Writes the answer of a fault in the identity provider's words; `lost` is what a gateway says in its place. */
  readonly answerFault: (fault: Word | 'lost') => Response
}

/** The controls, with what the fake itself does to them. */
export interface FakeDesk<Entry extends LoggedRequest, Word extends string> {
  /** To be made part of the fake. */
  readonly controls: FakeControls<Entry, FakeFault<Word>>
  /** Notes that a code or token must stay secret. */
  readonly remember: (secret: string) => void
  /** Logs a request, waits, and answers as ordered by `fail`, or else by doing the work. */
  handle(exchange: FakeExchange<Entry, Word>): Promise<Response>
}

/**
 * Creates the controls of a fake.
 * @param record Whether requests and secrets are kept.
 * @example
 * const desk = createFakeDesk<LoggedRequest, '500'>(true)
 * return {
 *   ...desk.controls,
 *   fetch: async (request) => {
 *     const entry = describeRequest('token', await receiveRequest(request))
 *     const answerFault = (fault: '500' | 'lost') => new Response(null, { status: fault === 'lost' ? 502 : 500 })
 *     return await desk.handle({ request, entry, latency: settings.latency, answer: work, answerFault })
 *   },
 * }
 */
export function createFakeDesk<Entry extends LoggedRequest, Word extends string>(
  record: boolean,
): FakeDesk<Entry, Word> {
  const requests: Entry[] = []
  const secrets: string[] = []
  const plan = createFaultPlan<Entry['endpoint'], Word>()
  return {
    controls: {
      requests,
      secrets,
      requestsTo: (endpoint) => requests.filter((request) => request.endpoint === endpoint),
      fail: (endpoint, fault, times = Number.POSITIVE_INFINITY) => plan.fail(endpoint, fault, times),
      recover: () => plan.recover(),
      release: () => plan.release(),
    },
    remember: (secret) => {
      if (record) secrets.push(secret)
    },
    handle: async ({ request, entry, latency, answer, answerFault }) => {
      if (record) requests.push(entry)
      await latency?.(entry)
      const fault = plan.take(entry.endpoint)
      if (fault === undefined) return await answer()
      if (typeof fault === 'function') return await fault(request)
      if (fault === 'hang') {
        const isReleased = await plan.hang(request.signal)
        return isReleased ? await answer() : new Response(null, { status: 504 })
      }
      if (fault === 'lost') await answer()
      return answerFault(fault)
    },
  }
}
