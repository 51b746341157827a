/** Refusals in the words of Auth0. @module */
import type { FakeIdPRefusal } from '@mcp-auth/core/mocks'

/** Until a rate limit ends, in seconds. */
const limitSeconds = 2

/**
 * A refusal as Auth0 writes it: `invalid_grant` with 403, a wrong secret as `access_denied` with 401, a rate limit with
 * the time at which it ends. `now` in seconds since the epoch.
 * @see [Standard error responses](https://auth0.com/docs/api/authentication#standard-error-responses)
 */
export function writeAuth0Refusal({ endpoint, status, error, description }: FakeIdPRefusal, now: number): Response {
  const date = new Date(Math.floor(now) * 1000).toUTCString()
  const write = (code: number, name: string, headers: Record<string, string> = {}): Response =>
    Response.json({ error: name, error_description: description }, { status: code, headers })
  if (endpoint === 'userinfo' && status === 401) return new Response(`Unauthorized ${description}`, { status })
  if (status === 429) {
    return write(429, 'too_many_requests', {
      Date: date,
      'x-ratelimit-limit': '10',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(Math.floor(now) + limitSeconds),
    })
  }
  if (error === 'invalid_grant') return write(403, error)
  if (error === 'invalid_client') return write(401, 'access_denied')
  return write(status, error === '' ? 'server_error' : error)
}
