/** Ways in which the fake fails on purpose, and when. @module */
import { descopeErrorAnswers } from './error-answers.ts'
import type { FakeDescopeEndpoint } from './state.ts'

/**
 * How an endpoint fails.
 * - `400` to `503`: refused in Descope's words
 * - `429`: to be tried again in 10 seconds
 * - `html`: a page in place of data, with status 200
 * - `garbage`, `empty`: status 200 with half a JSON document, or with nothing
 * - `hang`: no answer until the request is aborted or `release()` is called, which lets it continue as usual
 * - `lost`: the work is done and the answer lost on the way, status 502
 * - a function: whatever it returns
 */
export type FakeDescopeFault =
  | '400'
  | '401'
  | '404'
  | '429'
  | '500'
  | '503'
  | 'html'
  | 'garbage'
  | 'empty'
  | 'hang'
  | 'lost'
  | ((request: Request) => Response | Promise<Response>)

/** Part of every failed answer: must never be seen by a client. */
export const leakMarker = 'upstream-detail-that-must-not-leak'

/** Faults that were ordered and requests that hang. */
export interface FaultPlan {
  /** Orders a fault; `*` stands for every endpoint without an order of its own. */
  fail(endpoint: FakeDescopeEndpoint | '*', fault: FakeDescopeFault, times: number): void
  /** Cancels the orders. Requests that hang go on hanging. */
  recover(): void
  /** Lets every hanging request continue. */
  release(): void
  /** Answers as ordered, or as `answer` does. */
  answer(endpoint: FakeDescopeEndpoint, request: Request, answer: () => Promise<Response>): Promise<Response>
}

/** An empty plan. */
export function createFaultPlan(): FaultPlan {
  const orders = new Map<FakeDescopeEndpoint | '*', { readonly fault: FakeDescopeFault; readonly left: number }>()
  const hanging = new Set<() => void>()
  const take = (endpoint: FakeDescopeEndpoint): FakeDescopeFault | undefined => {
    const name = orders.has(endpoint) ? endpoint : '*'
    const order = orders.get(name)
    if (order === undefined) return undefined
    if (order.left > 1) orders.set(name, { ...order, left: order.left - 1 })
    else orders.delete(name)
    return order.fault
  }
  const hang = async (signal: AbortSignal): Promise<boolean> =>
    await new Promise((resolve) => {
      const settle = (released: boolean): void => {
        hanging.delete(release)
        resolve(released)
      }
      const release = (): void => settle(true)
      if (signal.aborted) return settle(false)
      hanging.add(release)
      signal.addEventListener('abort', () => settle(false), { once: true })
    })
  return {
    fail(endpoint, fault, times) {
      if (times > 0) orders.set(endpoint, { fault, left: times })
    },
    recover: () => orders.clear(),
    release() {
      for (const release of hanging) release()
    },
    async answer(endpoint, request, answer) {
      const fault = take(endpoint)
      if (fault === undefined) return await answer()
      if (typeof fault === 'function') return await fault(request)
      if (fault === 'hang') {
        const released = await hang(request.signal)
        return released ? await answer() : new Response(null, { status: 504 })
      }
      if (fault === 'lost') await answer()
      return buildFault(fault)
    },
  }
}

function buildFault(fault: Exclude<FakeDescopeFault, 'hang' | ((...inputs: never) => unknown)>): Response {
  switch (fault) {
    case '429': {
      const { status, headers = {}, body } = descopeErrorAnswers.rateLimited
      return Response.json({ ...body, message: leakMarker }, { status, headers })
    }
    case 'html':
      return new Response(`<!doctype html><title>Maintenance</title><p>${leakMarker}</p>`, {
        headers: { 'Content-Type': 'text/html; charset=utf-8' },
      })
    case 'garbage':
      return new Response(`{"keys":"${leakMarker}`, { headers: { 'Content-Type': 'application/json' } })
    case 'empty':
      return new Response('', { headers: { 'Content-Type': 'application/json' } })
    case 'lost':
      return new Response(leakMarker, { status: 502 })
    case '400':
    case '401':
    case '404':
    case '500':
    case '503':
      return Response.json({ errorCode: 'E011001', errorDescription: leakMarker }, { status: Number(fault) })
  }
}
