/** A good client's way with HTTP: whatever is no decision is tried again, and noted. @module */
import { setTimeout as sleep } from 'node:timers/promises'
import { processHeader, slotHeader } from './forwarder.ts'
import type { History, Operation } from './history.ts'

/** What came back. */
export interface Answer {
  /** 0 when nothing came. */
  readonly status: number
  readonly body: string
  /** Seconds, from `Retry-After`. */
  readonly retryAfter: number
  /** Name of the process that answered. */
  readonly process: string
}

/** A decision. */
export interface Decided extends Answer {
  /** When the request was sent for the first time, in milliseconds since the epoch. */
  readonly since: number
  /** Whether an answer before this one was lost, or was no decision. */
  readonly isRepeated: boolean
}

/** Requests to the one address, or to the server in one slot. */
export interface Client {
  /** Sends one request, once. */
  send(path: string, init: RequestInit, slot?: number): Promise<Answer>
  /**
   * Sends a request until it is decided.
   * @throws {GivenUp} when there is no time left
   */
  persist(operation: Operation, attempt: () => Promise<Answer>): Promise<Decided>
}

/** What the client needs. */
export interface ClientOptions {
  readonly origin: string
  readonly user: string
  readonly history: History
  /** Milliseconds to wait before the next attempt, besides what `Retry-After` says. */
  readonly pause: () => number
  /** No attempt begins when it is aborted. */
  readonly signal: AbortSignal
}

/** There was no decision in all the time of the run. */
export class GivenUp extends Error {}

/** A client does not wait longer for an answer, in milliseconds. */
const patience = 20_000
/** Longest wait that this client lets a server ask for, in seconds: its run is short. */
const maxRetryAfter = 2

const nothing: Answer = { status: 0, body: '', retryAfter: 0, process: '' }

/** Creates the client of one user. */
export function createClient({ origin, user, history, pause, signal }: ClientOptions): Client {
  return {
    async send(path, init, slot) {
      const headers = new Headers(init.headers)
      if (slot !== undefined) headers.set(slotHeader, String(slot))
      try {
        const timeout = AbortSignal.timeout(patience)
        const answer = await fetch(`${origin}${path}`, { ...init, headers, redirect: 'manual', signal: timeout })
        return {
          status: answer.status,
          body: await answer.text(),
          retryAfter: Number(answer.headers.get('retry-after') ?? 0),
          process: answer.headers.get(processHeader) ?? '',
        }
      } catch {
        return nothing
      }
    },
    async persist(operation, attempt) {
      const since = Date.now()
      for (let isRepeated = false; ; isRepeated = true) {
        if (signal.aborted) throw new GivenUp(`${user} could not ${operation}`)
        const answer = await attempt()
        if (answer.status !== 0 && answer.status < 500) {
          if (isRepeated) history.note({ kind: 'recovered', user, operation, milliseconds: Date.now() - since })
          return { ...answer, since, isRepeated }
        }
        history.note({ kind: 'trouble', user, operation, status: answer.status, process: answer.process })
        await sleep(pause() + 1000 * Math.min(answer.retryAfter, maxRetryAfter))
      }
    },
  }
}
