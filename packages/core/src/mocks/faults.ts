/** Ways in which a fake identity provider fails on purpose. @module */
import { buildEmptyAnswer, buildPageAnswer, buildTruncatedAnswer } from './broken-answers.ts'
import type { FakeFault, FakeFaultWord } from './fault-plan.ts'
import { refuse } from './refusals.ts'
import type { FakeIdPCall, FakeIdPState } from './state.ts'

/**
 * How an endpoint fails.
 * - `400` to `503`: refused in the words of the profile; at the token endpoint `400` is `invalid_grant`, `401` `invalid_client`
 * - `429`: to be tried again in 2 seconds
 * - `html`: a page with status 403, as a firewall in front of an IdP sends it
 * - `garbage`, `empty`: status 200 with half a JSON document, or with nothing
 * - `hang`: no answer until the request is aborted or `release()` is called, which lets it continue as usual
 * - `lost`: the work is done and the answer lost on the way, status 502
 * - a function: whatever it returns
 */
export type FakeIdPFault = FakeFault<'400' | '401' | '429' | '500' | '503' | 'html' | 'garbage' | 'empty'>

/** Faults in the words of the identity provider. */
export type FakeIdPFaultWord = FakeFaultWord<FakeIdPFault>

/** Endpoints that only an application calls: a 401 there is about it, not about a user. */
const clientEndpoints: readonly string[] = ['token', 'refresh', 'revoke', 'introspect']

/** The answer of a fault. */
export function buildFaultResponse(fault: FakeIdPFaultWord | 'lost', call: FakeIdPCall, state: FakeIdPState): Response {
  const isGrant = call.endpoint === 'token' || call.endpoint === 'refresh'
  switch (fault) {
    case '400':
      return refuse(call, state, 400, isGrant ? 'invalid_grant' : 'invalid_request')
    case '401':
      return refuse(call, state, 401, clientEndpoints.includes(call.endpoint) ? 'invalid_client' : 'invalid_token')
    case '429':
      return refuse(call, state, 429, '', 'Too many requests')
    case '500':
      return refuse(call, state, 500, '', 'Internal server error')
    case '503':
      return refuse(call, state, 503, '', 'Service unavailable')
    case 'lost':
      return refuse(call, state, 502, '', 'Bad gateway')
    case 'html':
      return buildPageAnswer('Attention required', 403)
    case 'garbage':
      return buildTruncatedAnswer('access_token')
    case 'empty':
      return buildEmptyAnswer()
    default:
      return fault satisfies never
  }
}
