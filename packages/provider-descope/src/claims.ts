/** What Descope's access tokens say, typed. @module */
import type { AuthSession, Identity } from '@mcp-auth/core'
import * as z from 'zod/mini'

/** What a user may do in one tenant. */
export interface DescopeTenant {
  readonly roles: readonly string[]
  readonly permissions: readonly string[]
}

/**
 * The claims of a verified token: `session.identity.claims`. The token's other claims are there as they were.
 *
 * Where Descope puts roles in tokens of MCP servers was not seen yet; these are the places of its other tokens.
 * @see [Session tokens](https://docs.descope.com/session-tokens), [custom claims](https://docs.descope.com/management/project-settings/jwt-templates)
 */
export type DescopeClaims = {
  readonly [claim: string]: unknown
  /** User id, `U…`, or the client where it acts for itself. */
  readonly sub: string
  /** Who vouches for the token. */
  readonly iss: string
  /** The tenant the user is acting in: `dct`, if the user is in that tenant indeed. */
  readonly tenant: string | undefined
  /** The tenants of the user, by id. */
  readonly tenants: Readonly<Record<string, DescopeTenant>>
  /** Roles in {@link tenant}, or in the project where there is none. The two are never merged. */
  readonly roles: readonly string[]
  /** Permissions in {@link tenant}, or in the project where there is none. */
  readonly permissions: readonly string[]
  /** How the user proved who they are, [RFC 8176](https://www.rfc-editor.org/rfc/rfc8176). */
  readonly amr: readonly string[]
  /** Who acts for the user, [RFC 8693 §4.1](https://www.rfc-editor.org/rfc/rfc8693#section-4.1). */
  readonly act: Readonly<Record<string, unknown>> | undefined
  /** A client acts for itself: there is no user. */
  readonly isMachine: boolean
}

/** A caller with a token of Descope. */
export interface DescopeSession extends AuthSession {
  readonly identity: Identity & { readonly claims: DescopeClaims }
}

const texts = z.catch(z.array(z.string()), [])
const tenant = z.object({ roles: texts, permissions: texts })

/** What has another form than expected says and grants nothing. */
const known = z.object({
  sub: z.catch(z.string(), ''),
  iss: z.catch(z.string(), ''),
  azp: z.catch(z.optional(z.string()), undefined),
  dct: z.catch(z.optional(z.string()), undefined),
  tenants: z.catch(z.record(z.string(), z.catch(tenant, { roles: [], permissions: [] })), {}),
  roles: texts,
  permissions: texts,
  amr: texts,
  act: z.catch(z.optional(z.looseObject({})), undefined),
})

/**
 * Reads the claims of a session, `session.identity.claims`, which were verified.
 * @example
 * const { tenant, permissions } = readDescopeClaims(session.identity.claims)
 */
export function readDescopeClaims(claims: Readonly<Record<string, unknown>>): DescopeClaims {
  const { dct, azp, ...read } = known.parse(claims)
  const current = dct !== undefined && Object.hasOwn(read.tenants, dct) ? dct : undefined
  const { roles, permissions } = (current === undefined ? undefined : read.tenants[current]) ?? read
  // Third-party applications have ids `TPA…`; a client that acts for itself may also be named in both places alike.
  const isMachine = read.sub.startsWith('TPA') || read.sub === azp
  return { ...claims, ...read, act: read.act, tenant: current, roles, permissions, isMachine }
}
