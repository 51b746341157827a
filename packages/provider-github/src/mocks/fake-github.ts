/** A GitHub with a memory, as one function from request to response. @module */
import { createFakeIdP, type FakeIdP, type FakeIdPOptions, idpHandlers } from '@mcp-auth/core/mocks'
import type { RequestHandler } from 'msw'
import type { FakeGitHubPermission } from './api.ts'
import { buildGitHubProfile } from './profile.ts'

/** Options of {@link createFakeGitHub}. */
export interface FakeGitHubOptions extends Omit<FakeIdPOptions, 'issuer' | 'profile'> {
  /** What the one app the fake knows is. Default: `oauth-app`. */
  readonly kind?: 'oauth-app' | 'github-app'
  /** Whether its tokens expire and come with a refresh token. Default: only those of a GitHub App. */
  readonly expiringTokens?: boolean
  /** What a GitHub App may see. Default: both. */
  readonly permissions?: readonly FakeGitHubPermission[]
}

/** The fake and its controls. Endpoints by name: `authorize`, `token`, `refresh`, `check`, `user`, `emails`, `membership`, `metadata`. */
export type FakeGitHub = FakeIdP

/**
 * Creates a fake GitHub that behaves like the real one where it matters: refusals of the token endpoint come with status
 * 200, answers are forms unless JSON is asked for, scopes are separated by commas and left out when another one contains
 * them, a GitHub App has none, its refresh tokens work once, and programs have to say who they are.
 * @see [Authorizing OAuth apps](https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps)
 * @example
 * const fake = createFakeGitHub({ kind: 'github-app' })
 * fake.fail('refresh', '503', 1)
 */
export function createFakeGitHub(options: FakeGitHubOptions = {}): FakeGitHub {
  const { kind = 'oauth-app', expiringTokens, permissions = ['email_addresses', 'members'], ...others } = options
  const isGitHubApp = kind === 'github-app'
  const profile = buildGitHubProfile({ isGitHubApp, permissions }, expiringTokens ?? isGitHubApp)
  return createFakeIdP({ ...others, profile })
}

/**
 * Handlers that answer every request to `github.com` and `api.github.com` from the fake, for `setupServer` and `setupWorker`.
 * @see [msw](https://mswjs.io/docs/api/setup-server)
 * @example
 * const fake = createFakeGitHub()
 * const server = setupServer(...githubHandlers(fake))
 * server.listen({ onUnhandledFrame: 'error' })
 */
export function githubHandlers(fake: FakeGitHub): RequestHandler[] {
  return idpHandlers(fake)
}
