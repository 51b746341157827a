/** The tools that every example has, whatever its identity provider. @module */
import { requireRole } from '@mcp-auth/core'
import type { AuditLog } from './audit-log.ts'
import type { Tool } from './mcp/tools.ts'

/** Says who is signed in; never a token. */
export const whoami: Tool = {
  name: 'whoami',
  title: 'Who am I',
  description: 'Who is signed in, with which client and which scopes',
  run: ({ subject, clientId, scopes, identity }) => ({
    text: JSON.stringify({ sub: subject, client_id: clientId, scopes, username: identity.username ?? null }),
  }),
}

/** Counts since the start, for those with role `admin`. */
export function createServerStats(audit: Pick<AuditLog, 'counts'>): Tool {
  const startedAt = new Date()
  return {
    name: 'server_stats',
    title: 'Server statistics',
    description: 'What happened since the server was started',
    canAccess: requireRole('admin'),
    run: () => ({
      text: JSON.stringify({
        started_at: startedAt.toISOString(),
        uptime_seconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
        counts: Object.fromEntries(audit.counts),
      }),
    }),
  }
}
