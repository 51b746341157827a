/** How a fake identity provider says no. @module */
import { leakMarker } from './broken-answers.ts'
import type { FakeIdPObjection, FakeIdPRefusal } from './profile.ts'
import type { FakeIdPCall, FakeIdPState } from './state.ts'

/** Writes a refusal in the words of the profile, or as [RFC 6749 §5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2) has it. */
export function refuse(
  call: FakeIdPCall,
  state: FakeIdPState,
  status: number,
  error: string,
  description = '',
): Response {
  const words = `${description} ${leakMarker}`.trim()
  const refusal: FakeIdPRefusal = { endpoint: call.endpoint, status, error, description: words }
  const written = state.profile.writeRefusal?.(refusal, call)
  if (written) return written
  const body = error === '' ? { message: words } : { error, error_description: words }
  return Response.json(body, { status, headers: challengeOf(refusal) })
}

/** Writes what a profile's own check objects to. */
export function object(call: FakeIdPCall, state: FakeIdPState, objection: FakeIdPObjection | Response): Response {
  if (objection instanceof Response) return objection
  return refuse(call, state, objection.status ?? 400, objection.error, objection.description)
}

/** [RFC 6750 §3](https://www.rfc-editor.org/rfc/rfc6750#section-3) */
function challengeOf({ status, error }: FakeIdPRefusal): Record<string, string> {
  if (status === 429 || status === 503) return { 'Retry-After': '2' }
  if (status !== 401) return {}
  return { 'WWW-Authenticate': error === 'invalid_client' ? 'Basic realm="token"' : `Bearer error="${error}"` }
}
