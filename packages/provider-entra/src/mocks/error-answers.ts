/** Refusals in the words of Entra ID and Microsoft Graph. @module */
import type { FakeIdPRefusal } from '@mcp-auth/core/mocks'

/** Numbers of refusals that do not name one. */
const numbers: Readonly<Record<string, number>> = {
  invalid_grant: 70008,
  invalid_client: 7000215,
  invalid_request: 900144,
  invalid_scope: 70011,
  unsupported_grant_type: 70003,
  temporarily_unavailable: 90033,
}

/** Endpoints that answer as Graph does. */
const graphEndpoints: readonly string[] = ['userinfo', 'memberOf']

/**
 * A refusal as Entra writes it, with its number in three places.
 * @see [Error response](https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#error-response-1), [Graph errors](https://learn.microsoft.com/graph/errors)
 */
export function writeEntraRefusal({ endpoint, status, error, description }: FakeIdPRefusal): Response {
  const headers = status === 429 || status === 503 ? { 'Retry-After': '2' } : {}
  if (graphEndpoints.includes(endpoint)) {
    const code = status === 401 ? 'InvalidAuthenticationToken' : 'generalException'
    return Response.json({ error: { code, message: description } }, { status, headers })
  }
  const name = error === '' ? 'temporarily_unavailable' : error
  const number = Number(/AADSTS(\d+)/.exec(description)?.[1] ?? numbers[name] ?? 900_000)
  const words = description.startsWith('AADSTS') ? description : `AADSTS${number}: ${description}`
  const body = {
    error: name,
    error_description: `${words} Trace ID: fake-trace Correlation ID: fake-correlation Timestamp: 2026-11-20 10:00:00Z`,
    error_codes: [number],
    timestamp: '2026-11-20 10:00:00Z',
    trace_id: 'fake-trace',
    correlation_id: 'fake-correlation',
    error_uri: `https://login.microsoftonline.com/error?code=${number}`,
  }
  return Response.json(body, { status, headers })
}
