/** A session as the gate would give it. */
import type { AuthSession } from '@mcp-auth/core'

export function newSession(over: Partial<AuthSession> = {}): AuthSession {
  return {
    token: 'access-token',
    clientId: 'client',
    scopes: ['identify', 'guilds'],
    expiresAt: Date.now() / 1000 + 3600,
    resource: new URL('https://mcp.example.com/mcp'),
    resourceMetadataUrl: 'https://mcp.example.com/.well-known/oauth-protected-resource/mcp',
    subject: '80351110224678912',
    roles: [],
    anonymous: false,
    identity: { subject: '80351110224678912', username: 'nelly', claims: {} },
    extra: {},
    getUpstreamAccessToken: async ({ rejected } = {}) => (rejected === undefined ? 'first-token' : 'second-token'),
    forwardedAuthorization: (url) => {
      throw new TypeError(`nothing is forwarded to ${String(url)}`)
    },
    ...over,
  }
}
