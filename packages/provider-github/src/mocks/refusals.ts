/** How GitHub says no. @module */
import type { FakeIdPCall, FakeIdPRefusal } from '@mcp-auth/core/mocks'

const docs = 'https://docs.github.com/apps/oauth-apps/maintaining-oauth-apps'

/** What GitHub writes for codes of RFC 6749. */
const codes: Readonly<Record<string, string>> = {
  invalid_client: 'incorrect_client_credentials',
  unsupported_grant_type: 'unsupported_grant_type',
}

/** What GitHub writes for statuses of its API. */
const messages: Readonly<Record<number, string>> = {
  401: 'Bad credentials',
  403: 'Resource not accessible by integration',
  404: 'Not Found',
  429: 'You have exceeded a secondary rate limit.',
}

/**
 * A refusal in GitHub's words: with status 200 at the token endpoint, in a form unless JSON was asked for; a page
 * where GitHub is down.
 * @see [Access token request errors](https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors)
 */
export function writeGitHubRefusal(refusal: FakeIdPRefusal, { request }: FakeIdPCall): Response {
  const { endpoint, status, error, description } = refusal
  if (status >= 500) {
    const page = `<!doctype html><title>Unicorn!</title><p>No server is currently available. ${description}</p>`
    return new Response(page, { status, headers: { 'Content-Type': 'text/html; charset=utf-8' } })
  }
  const isToken = endpoint === 'token' || endpoint === 'refresh'
  if (!isToken || status === 429) {
    const message = `${messages[status] ?? 'Problems parsing request'} ${description}`
    // A secondary limit; the primary one has x-ratelimit-remaining: 0 and status 403.
    const headers = status === 429 ? { 'Retry-After': '60' } : {}
    return Response.json({ message, documentation_url: docs, status: String(status) }, { status, headers })
  }
  const spent = endpoint === 'refresh' ? 'bad_refresh_token' : 'bad_verification_code'
  const code = codes[error] ?? (error === 'invalid_grant' ? spent : error)
  return writeAsAsked({ error: code, error_description: description, error_uri: `${docs}/#${code}` }, request)
}

/** JSON if that was asked for, and a form if nothing was. */
export function writeAsAsked(body: Readonly<Record<string, unknown>>, request: Request): Response {
  if (/json/i.test(request.headers.get('accept') ?? '')) return Response.json(body)
  return new Response(new URLSearchParams(Object.entries(body).map(([name, value]) => [name, String(value)])))
}
