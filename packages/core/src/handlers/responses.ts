/** Responses of the API endpoints, and what all responses share. @module */
import type { OAuthError } from '../errors.ts'

/** CORS for endpoints that any web page may call: they take no cookies. */
export const publicCORS: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'WWW-Authenticate, Retry-After',
}

/** A JSON answer that nobody may keep, [RFC 6749 §5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1). */
export function jsonResponse(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return new Response(text, {
    status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      pragma: 'no-cache',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
  })
}

/** A document that may be cached for a while. */
export function documentResponse(text: string): Response {
  return new Response(text, {
    headers: {
      'content-type': 'application/json',
      'cache-control': 'public, max-age=300',
      'x-content-type-options': 'nosniff',
      ...publicCORS,
    },
  })
}

/** What browser clients send to the MCP endpoint, and some of them to every other endpoint as well. */
export const browserRequestHeaders =
  'authorization, content-type, accept, last-event-id, mcp-protocol-version, mcp-session-id, mcp-method, mcp-name'

/** Answers a CORS preflight of a public endpoint. */
export function preflightResponse(methods: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...publicCORS,
      'access-control-allow-methods': methods,
      'access-control-allow-headers': browserRequestHeaders,
      'access-control-max-age': '600',
    },
  })
}

/** A refusal of an API endpoint, in the form of [RFC 6749 §5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2). */
export function errorResponse(error: OAuthError, options: { readonly challengeBasic?: boolean } = {}): Response {
  return jsonResponse(
    error.status,
    { error: error.error, error_description: error.message },
    {
      ...publicCORS,
      ...retryAfter(error),
      ...(options.challengeBasic && error.status === 401 ? { 'www-authenticate': 'Basic realm="token"' } : {}),
    },
  )
}

/** `Retry-After`, where the refusal is one of now. */
export function retryAfter(error: OAuthError): Record<string, string> {
  return error.retryAfterSeconds === undefined ? {} : { 'retry-after': String(error.retryAfterSeconds) }
}

/** Sends the browser on with GET, never repeating a POST, [RFC 9700 §4.12](https://www.rfc-editor.org/rfc/rfc9700#section-4.12). */
export function redirectResponse(location: string, cookies: readonly string[] = []): Response {
  const headers = new Headers({ location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
  for (const cookie of cookies) headers.append('set-cookie', cookie)
  return new Response(null, { status: 303, headers })
}
