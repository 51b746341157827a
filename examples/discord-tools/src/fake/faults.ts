/** Ways in which the bot API fails on purpose. @module */
import {
  buildEmptyAnswer,
  buildPageAnswer,
  buildTruncatedAnswer,
  type FakeFault,
  leakMarker,
} from '@mcp-auth/core/mocks'
import { refuse } from './answers.ts'
import { refuseRate } from './rate-limits.ts'

/**
 * Faults in one word.
 * - `401`, `500`, `502`, `503`: refused; 502 is a gateway's page
 * - `429`, `429-shared`, `429-global`: to be tried again in 1.5 seconds; `429-blocked`: Cloudflare's, which names no delay
 * - `page`: a page of Cloudflare with status 403
 * - `garbage`, `empty`, `wrongShape`: status 200 with half a JSON document, nothing, or JSON that was not expected
 * - `tooLarge`: status 200 and a JSON string of 64 MiB
 * - `stalled`: status 200, and then a body that never ends
 * - `redirect`: to another host
 * - `abort`: the connection breaks before an answer
 */
export type FakeBotFaultWord =
  | '401'
  | '429'
  | '429-shared'
  | '429-global'
  | '429-blocked'
  | '500'
  | '502'
  | '503'
  | 'page'
  | 'garbage'
  | 'empty'
  | 'wrongShape'
  | 'tooLarge'
  | 'stalled'
  | 'redirect'
  | 'abort'

/**
 * How a route fails: in one word, or
 * - `hang`: no answer until the request is aborted or `release()` is called, which lets it continue as usual
 * - `lost`: the work is done and the answer lost on the way, status 502
 * - a function: whatever it returns
 */
export type FakeBotFault = FakeFault<FakeBotFaultWord>

/** In Discord's own example the bucket of the bot has room left, and is to be reset long before one may try again. */
const sharedHeaders = {
  'X-RateLimit-Limit': '10',
  'X-RateLimit-Remaining': '9',
  'X-RateLimit-Reset-After': '0.100',
  'X-RateLimit-Bucket': 'abcd1234',
}

/**
 * The answer of a fault.
 * @throws TypeError for `abort`, as `fetch` does.
 */
export function buildFaultAnswer(fault: FakeBotFaultWord | 'lost'): Response {
  switch (fault) {
    case '401':
      return refuse('unauthorized')
    case '429':
      return refuseRate('user', 1.5)
    case '429-shared':
      return refuseRate('shared', 1.5, sharedHeaders)
    case '429-global':
      return refuseRate('global', 1.5)
    case '429-blocked':
      return buildBlockedAnswer()
    case '500':
    case '503':
      return Response.json({ message: `${fault}: ${leakMarker}`, code: 0 }, { status: Number(fault) })
    case '502':
    case 'lost':
      return buildPageAnswer('502 Bad Gateway', 502)
    case 'page':
      return buildPageAnswer('Attention Required! | Cloudflare', 403)
    case 'garbage':
      return buildTruncatedAnswer('content')
    case 'empty':
      return buildEmptyAnswer()
    case 'wrongShape':
      return Response.json({ unexpected: leakMarker })
    case 'tooLarge':
      return buildLargeAnswer()
    case 'stalled':
      return buildStream([`{"content":"${leakMarker}`], 'forever')
    case 'redirect':
      return new Response(null, { status: 302, headers: { Location: 'https://elsewhere.example/' } })
    case 'abort':
      throw new TypeError('the connection breaks on purpose')
    default:
      return fault satisfies never
  }
}

/** Cloudflare's block, after too many invalid requests as well. */
export function buildBlockedAnswer(): Response {
  return new Response('error code: 1015', { status: 429, headers: { 'Content-Type': 'text/plain; charset=UTF-8' } })
}

const chunk = 'x'.repeat(1 << 16)
const chunks = 1 << 10

/** Made while it is read: who stops early has not caused the rest. */
function buildLargeAnswer(): Response {
  return buildStream(['"', ...Array<string>(chunks).fill(chunk), '"'], 'ends')
}

function buildStream(parts: readonly string[], end: 'ends' | 'forever'): Response {
  const encoder = new TextEncoder()
  let next = 0
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const part = parts[next]
      next += 1
      if (part !== undefined) return controller.enqueue(encoder.encode(part))
      if (end === 'ends') return controller.close()
      await new Promise(() => undefined)
    },
  })
  return new Response(body, { headers: { 'Content-Type': 'application/json' } })
}
