/** Ways in which the fake fails on purpose. @module */
import {
  buildEmptyAnswer,
  buildPageAnswer,
  buildTruncatedAnswer,
  type FakeFaultWord,
  type FakeIdPFault,
  leakMarker,
} from '@mcp-auth/core/mocks'
import { buildErrorResponse } from './error-answers.ts'
import type { FakeDiscordEndpoint } from './state.ts'

/**
 * How an endpoint fails.
 * - `400` to `503`: refused in Discord's words; at the token endpoint `400` is `invalid_grant`, `401` `invalid_client`
 * - `429`: to be tried again in 1.5 seconds
 * - `html`: a page of Cloudflare with status 403, which only its format tells from a decision
 * - `garbage`, `empty`: status 200 with half a JSON document, or with nothing
 * - `hang`: no answer until the request is aborted or `release()` is called, which lets it continue as usual
 * - `lost`: the work is done and the answer lost on the way, status 502
 * - a function: whatever it returns
 */
export type FakeDiscordFault = FakeIdPFault

/** Faults in Discord's words. */
export type FakeDiscordFaultWord = FakeFaultWord<FakeDiscordFault>

/** The answer of a fault. */
export function buildFaultResponse(fault: FakeDiscordFaultWord | 'lost', endpoint: FakeDiscordEndpoint): Response {
  switch (fault) {
    case '400':
      if (endpoint === 'refresh') return refuse(400, 'invalid_grant', 'Invalid "refresh_token" in request')
      if (endpoint === 'token') return refuse(400, 'invalid_grant', 'Invalid "code" in request.')
      return fail(400, '400: Bad Request')
    case '401': {
      const isForClient = endpoint === 'token' || endpoint === 'refresh' || endpoint === 'revoke'
      return isForClient ? refuse(401, 'invalid_client', '') : buildErrorResponse('unauthorized')
    }
    case '429': {
      const body = { message: `You are being rate limited. ${leakMarker}`, retry_after: 1.5, global: false }
      return Response.json(body, { status: 429, headers: { 'Retry-After': '2', 'X-RateLimit-Scope': 'user' } })
    }
    case '500':
      return fail(500, '500: Internal Server Error')
    case '503':
      return fail(503, '503: Service Unavailable')
    case 'lost':
      return buildErrorResponse('badGateway')
    case 'html':
      return buildPageAnswer('Attention Required! | Cloudflare', 403)
    case 'garbage':
      return buildTruncatedAnswer('access_token')
    case 'empty':
      return buildEmptyAnswer()
    default:
      return fault satisfies never
  }
}

function refuse(status: number, error: string, description: string): Response {
  return Response.json({ error, error_description: `${description} ${leakMarker}`.trim() }, { status })
}

function fail(status: number, message: string): Response {
  return Response.json({ message: `${message} ${leakMarker}`, code: 0 }, { status })
}
