/** What Entra's tokens say about a user, read the same way from every kind of token. @module */
import * as z from 'zod/mini'
import { isGUID } from './tenants.ts'

/**
 * What Entra says about the user, names as on the wire but for {@link groupsOverage}.
 * @see [ID token claims](https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference)
 */
export type EntraClaims = {
  /** The user in the tenant {@link tid}: the same for every application, and never given to somebody else. */
  readonly oid: string
  /** The tenant. */
  readonly tid: string
  /** The display name. */
  readonly name?: string
  /** May change, and may be given to somebody else: for display only. */
  readonly preferred_username?: string
  /** Written by an administrator of the user's tenant, who need not own the domain: never a key, never a permission. */
  readonly email?: string
  /** Whether the owner of {@link email}'s domain was verified; an optional claim of the app registration. */
  readonly xms_edov?: boolean
  /** App roles that were assigned to the user. */
  readonly roles: readonly string[]
  /** Object ids of groups; absent where the app registration does not ask for them, and while {@link groupsOverage}. */
  readonly groups?: readonly string[]
  /**
   * `true`: the user is in more groups than a token can name (200), and {@link groups} is absent for that reason. It
   * does not mean that there are none.
   */
  readonly groupsOverage: boolean
}

const strings = z.array(z.string())

const tokenClaims = z.object({
  oid: z.string().check(z.refine(isGUID)),
  tid: z.string().check(z.refine(isGUID)),
  name: z.optional(z.string()),
  preferred_username: z.optional(z.string()),
  // The two names of version 1.
  upn: z.optional(z.string()),
  unique_name: z.optional(z.string()),
  email: z.optional(z.string()),
  xms_edov: z.optional(z.union([z.boolean(), z.string(), z.number()])),
  roles: z.optional(strings),
  groups: z.optional(strings),
  hasgroups: z.optional(z.union([z.boolean(), z.string()])),
  _claim_names: z.optional(z.record(z.string(), z.unknown())),
})

/**
 * Reads the claims of a verified token.
 * @returns `undefined` when it does not say who it is about
 */
export function readEntraClaims(claims: Readonly<Record<string, unknown>>): EntraClaims | undefined {
  const parsed = tokenClaims.safeParse(claims)
  if (!parsed.success) return undefined
  const { oid, tid, name, email, xms_edov, roles = [], groups } = parsed.data
  const { hasgroups, _claim_names, preferred_username, upn, unique_name } = parsed.data
  const username = preferred_username ?? upn ?? unique_name
  // https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference#groups-overage-claim
  const groupsOverage = hasgroups === true || hasgroups === 'true' || Object.hasOwn(_claim_names ?? {}, 'groups')
  return {
    oid: oid.toLowerCase(),
    tid: tid.toLowerCase(),
    ...(name === undefined ? {} : { name }),
    ...(username === undefined ? {} : { preferred_username: username }),
    ...(email === undefined ? {} : { email }),
    ...(xms_edov === undefined ? {} : { xms_edov: [true, 'true', '1', 1].includes(xms_edov) }),
    roles,
    ...(groups === undefined || groupsOverage ? {} : { groups }),
    groupsOverage,
  }
}

/**
 * The subject of a user: tenant and object id. Not `sub`, which is another one for every application, so that the same
 * user would be somebody else after a change of the app registration, and at `entra()` another than at `remoteEntra()`;
 * and not `oid` alone, which is unique within its tenant.
 * @see [Use claims to reliably identify a user](https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference#use-claims-to-reliably-identify-a-user)
 */
export function subjectOf({ tid, oid }: EntraClaims): string {
  return `${tid}.${oid}`
}
