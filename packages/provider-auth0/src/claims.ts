/** Roles and permissions in the claims of Auth0's tokens. @module */
import type { Identity } from '@mcp-auth/core'
import type { ParsedClaimOptions } from './common-options.ts'

type Claims = Readonly<Record<string, unknown>>

/** The texts of a claim that is a list, or one text. */
export function texts(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

/** Roles: of the claim that is named for them, and permissions where they count as roles. */
export function readRoles(claims: Claims, { rolesClaim, permissions }: ParsedClaimOptions): readonly string[] {
  const named = rolesClaim === undefined ? [] : texts(claims[rolesClaim])
  return [...new Set([...named, ...(permissions === 'roles' ? texts(claims['permissions']) : [])])]
}

/**
 * The option `roles` of `createOAuthProxy`: what `rolesClaim` and `permissions` found at the sign-in.
 * @example
 * createOAuthProxy({ provider: auth0({ rolesClaim: 'https://my-server.example/roles', … }), roles: auth0Roles, … })
 */
export function auth0Roles({ claims }: Identity): readonly string[] {
  return texts(claims['roles'])
}
