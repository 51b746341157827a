/** What answers say, in short. */
import type { Answer } from './browser.ts'

/** Status and, for a refusal, its code: `200`, `400 invalid_grant`. */
export function outcome(answer: Answer): string {
  if (answer.status < 400) return String(answer.status)
  const isJSON = answer.headers.get('content-type') === 'application/json'
  return `${answer.status} ${isJSON ? String(answer.json()['error']) : 'page'}`
}

/** What tells a client to come back instead of signing in again: status, a sensible `Retry-After`, and no challenge. */
export function tryLater(answer: Answer): { status: number; seconds: boolean; challenge: string | null } {
  const retryAfter = answer.headers.get('retry-after') ?? ''
  const seconds = /^\d+$/.test(retryAfter) && Number(retryAfter) >= 1 && Number(retryAfter) <= 60
  return { status: answer.status, seconds, challenge: answer.headers.get('www-authenticate') }
}

/** The only right {@link tryLater} of an outage. */
export const outage: ReturnType<typeof tryLater> = { status: 503, seconds: true, challenge: null }

/** Everything of an answer that a client can see. */
export function visible(answer: Answer): string {
  return `${answer.status}\n${[...answer.headers].map((line) => line.join(': ')).join('\n')}\n\n${answer.text}`
}

/** A part of a JWT, read without checking anything. */
export function jwtPart(token: string, part: 'header' | 'payload'): Record<string, unknown> {
  const text = token.split('.')[part === 'header' ? 0 : 1] ?? ''
  return JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Record<string, unknown>
}
