/** Roles of a user, from app roles and, where wanted, from groups. @module */
import { ConfigurationError, type Identity, type RolesOf } from '@mcp-auth/core'
import { isGUID } from './tenants.ts'

/** Options of {@link entraRoles}. */
export interface EntraRolesOptions {
  /** Roles by object id of a group; `true`: every group is a role of the name of its object id. Default: groups give none. */
  readonly groups?: true | Readonly<Record<string, string>> | undefined
  /**
   * The object ids of the groups of a user who is in more than a token can name. Required with {@link groups}: without
   * an answer such users would pass for people without a group. Throw to refuse them.
   */
  readonly onGroupsOverage?: ((identity: Identity) => readonly string[] | Promise<readonly string[]>) | undefined
}

/**
 * Makes the option `roles` of `createOAuthProxy` and `createRemoteOAuth`: app roles, and what groups stand for.
 * @throws {ConfigurationError} for groups without an answer to too many of them
 * @example
 * const roles = entraRoles({ groups: { 'c1f6…': 'admin' }, onGroupsOverage: ({ claims }) => askGraph(claims) })
 */
export function entraRoles({ groups, onGroupsOverage }: EntraRolesOptions = {}): RolesOf {
  if (groups === undefined) return ({ claims }) => texts(claims['roles'])
  if (groups !== true && !Object.keys(groups).every(isGUID)) {
    throw new ConfigurationError('groups', 'must name groups by their object id: names of groups are not unique')
  }
  if (typeof onGroupsOverage !== 'function') {
    throw new ConfigurationError(
      'onGroupsOverage',
      'must say what the groups of a user are who is in more of them than a token can name (200)',
    )
  }
  const byGroup =
    groups === true ? undefined : new Map(Object.entries(groups).map(([id, role]) => [id.toLowerCase(), role]))
  const roleOf = (group: string): readonly string[] => {
    if (!byGroup) return [group]
    const role = byGroup.get(group.toLowerCase())
    return role === undefined ? [] : [role]
  }
  return async (identity) => {
    const { roles, groups: known, groupsOverage } = identity.claims
    const ids = groupsOverage === true ? await onGroupsOverage(identity) : texts(known)
    return [...new Set([...texts(roles), ...ids.flatMap(roleOf)])]
  }
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}
