/** The tools of the Descope examples. @module */
import { requireScopes } from '@mcp-auth/core'
import { readDescopeClaims } from '@mcp-auth/provider-descope'
import type { AuditLog } from './audit-log.ts'
import type { Tool } from './mcp/tools.ts'
import { createServerStats, whoami } from './usual-tools.ts'

/** The tools, each with its rule. `audit`: whose counts `server_stats` shows. */
export function createDescopeTools({ audit }: { readonly audit: Pick<AuditLog, 'counts'> }): readonly Tool[] {
  return [whoami, listTenants, createServerStats(audit)]
}

const listTenants: Tool = {
  name: 'list_tenants',
  title: 'My tenants',
  description: 'The Descope tenants the signed-in user is in, with the roles there',
  canAccess: requireScopes('tenants'),
  run({ identity }) {
    const { tenant, tenants } = readDescopeClaims(identity.claims)
    const list = Object.entries(tenants).map(([id, { roles, permissions }]) => ({
      id,
      roles,
      permissions,
      current: id === tenant,
    }))
    return { text: JSON.stringify(list) }
  },
}
