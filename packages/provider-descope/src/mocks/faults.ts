/** Ways in which the fake fails on purpose. @module */
import {
  buildEmptyAnswer,
  buildPageAnswer,
  buildTruncatedAnswer,
  type FakeFault,
  type FakeFaultWord,
  type FakeIdPFault,
  leakMarker,
} from '@mcp-auth/core/mocks'
import { descopeErrorAnswers } from './error-answers.ts'

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
export type FakeDescopeFault = FakeFault<'404' | FakeFaultWord<FakeIdPFault>>

/** Faults in Descope's words. */
export type FakeDescopeFaultWord = FakeFaultWord<FakeDescopeFault>

/** The answer of a fault. */
export function buildFaultResponse(fault: FakeDescopeFaultWord | 'lost'): Response {
  switch (fault) {
    case '429': {
      const { status, headers = {}, body } = descopeErrorAnswers.rateLimited
      return Response.json({ ...body, message: leakMarker }, { status, headers })
    }
    case 'html':
      return buildPageAnswer('Maintenance', 200)
    case 'garbage':
      return buildTruncatedAnswer('keys')
    case 'empty':
      return buildEmptyAnswer()
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
