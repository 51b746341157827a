/** Acme ID as the identity provider of an MCP server. @module */
import { type FixedProvider, UpstreamError, type UpstreamErrorResponse, type UpstreamFailure } from '@mcp-auth/core'

const acmeUrl = 'https://id.acme.example'

/** Acme has error codes of its own, and sends them with status 200. */
const failureKinds: Readonly<Record<string, UpstreamFailure['kind']>> = {
  unknown_code: 'invalid_grant',
  unknown_refresh_token: 'invalid_grant',
  unknown_app: 'invalid_client',
  unknown_token: 'invalid_token',
}

function classifyError({ status, body, headers }: UpstreamErrorResponse): UpstreamFailure {
  if (status === 429 || status >= 500 || !isRecord(body)) {
    const seconds = /^\d{1,4}$/.exec(headers.get('retry-after') ?? '')
    return { kind: 'unavailable', ...(seconds ? { retryAfterSeconds: Number(seconds[0]) } : {}) }
  }
  const code = typeof body['error'] === 'string' ? body['error'] : ''
  return { kind: (Object.hasOwn(failureKinds, code) && failureKinds[code]) || 'protocol' }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** Signs users in with Acme ID. */
export function acme({ clientId, clientSecret }: { clientId: string; clientSecret: string }): FixedProvider {
  return {
    name: 'acme',
    displayName: 'Acme ID',
    clientId,
    clientSecret,
    tokenEndpointAuthMethod: 'client_secret_post',
    authorizationEndpoint: `${acmeUrl}/authorize`,
    tokenEndpoint: `${acmeUrl}/token`,
    revocationEndpoint: `${acmeUrl}/revoke`,
    scopes: ['account'],
    supportedScopes: ['account', 'orders'],
    identityScopes: ['account'],
    async identify(tokens, api) {
      const answer = await api.getJSON(`${acmeUrl}/v2/whoami`, tokens.accessToken)
      const { app, account } = isRecord(answer) ? answer : {}
      if (!isRecord(account) || !Number.isSafeInteger(account['id'])) throw new UpstreamError('protocol')
      // A token that somebody gave to another application must not sign that application in here.
      if (app !== clientId) throw new UpstreamError('invalid_token')
      // The handle is what people know; it can be given away, so the number is who they are.
      return { subject: String(account['id']), username: String(account['handle']), claims: {} }
    },
    classifyError,
  }
}
