/** How a fake identity provider knows its one application. @module */
import type { FakeIdPClientAuthentication } from './profile.ts'
import type { FakeIdPCall, FakeIdPState } from './state.ts'

/** The ways in which the application may prove who it is. */
export function clientAuthenticationOf({
  profile,
  clientSecret,
}: FakeIdPState): readonly FakeIdPClientAuthentication[] {
  return (
    profile.clientAuthentication ?? (clientSecret === '' ? ['none'] : ['client_secret_basic', 'client_secret_post'])
  )
}

/** Whether a request is from our application. A secret sent twice is a fault no test should pass with. */
export function isOurClient({ request, form }: FakeIdPCall, state: FakeIdPState): boolean {
  const authorization = request.headers.get('authorization')
  const allowed = clientAuthenticationOf(state)
  if (authorization !== null) {
    const [id, secret] = parseBasicCredentials(authorization)
    const isSentTwice = form.has('client_secret')
    return (
      allowed.includes('client_secret_basic') && !isSentTwice && id === state.clientId && secret === state.clientSecret
    )
  }
  if (form.get('client_id') !== state.clientId) return false
  if (!form.has('client_secret')) return allowed.includes('none')
  return allowed.includes('client_secret_post') && form.get('client_secret') === state.clientSecret
}

/**
 * Client id and secret of an `Authorization` header; empty when there are none in it. Both are form-encoded before they
 * are joined, [RFC 6749 §2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1).
 */
export function parseBasicCredentials(authorization: string): readonly [string, string] | readonly [] {
  try {
    const [, id, secret] = /^([^:]*):(.*)$/.exec(atob(authorization.replace(/^basic +/i, ''))) ?? []
    if (id === undefined || secret === undefined) return []
    return [decodeURIComponent(id.replaceAll('+', ' ')), decodeURIComponent(secret.replaceAll('+', ' '))]
  } catch {
    return []
  }
}
