/** Sessions for the tests of access rules. */
import type { ProtectedResourceDescription } from '../../src/handlers/context.ts'
import { toSession } from '../../src/handlers/sessions.ts'
import type { AuthSession } from '../../src/session.ts'
import type { VerifiedToken } from '../../src/verifier.ts'

/** The resource that the sessions are for. */
export const description: ProtectedResourceDescription = {
  resource: 'https://mcp.example/mcp',
  metadataURL: 'https://mcp.example/.well-known/oauth-protected-resource/mcp',
  scopes: ['identify'],
  metadata: {
    resource: 'https://mcp.example/mcp',
    authorization_servers: ['https://mcp.example'],
    scopes_supported: ['identify'],
    bearer_methods_supported: ['header'],
  },
}

/** Alice's token, which ends at second 1000. */
export const verified: VerifiedToken = {
  subject: 'alice',
  clientId: 'client',
  scopes: ['read'],
  expiresAt: 1000,
  issuer: 'https://issuer.example',
  claims: {},
}

/** Alice's session, with changes. */
export function aliceSession(over: Partial<AuthSession> = {}): AuthSession {
  return { ...toSession(verified, 'token', description, { roles: ['editor'], forward: () => '' }), ...over }
}

/** Bob, who uses the same client. */
export function bobSession(over: Partial<AuthSession> = {}): AuthSession {
  return aliceSession({ subject: 'bob', identity: { subject: 'bob', claims: {} }, ...over })
}
