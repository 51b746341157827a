/** The page on which a human plays a Discord user. @module */
import { renderLoginPage } from '@mcp-auth/core/mocks'
import { scopeDescriptions } from '../scopes.ts'
import type { FakeDiscordUser } from './bodies.ts'

/** What the page shows. */
export interface DiscordLoginPage {
  readonly users: readonly FakeDiscordUser[]
  /** Id of the user who is chosen at first. */
  readonly selected: string
  readonly scopes: readonly string[]
  /** Where the browser goes next. */
  readonly returnHost: string
}

/** The page, with what a scope lets an application do in place of its name. */
export function renderDiscordLoginPage(page: DiscordLoginPage): Response {
  return renderLoginPage({
    ...page,
    name: 'Discord',
    users: page.users.map(({ id, username, global_name }) => ({
      key: id,
      name: global_name ?? username,
      detail: username,
    })),
    request: 'It would like to:',
    scopes: page.scopes.map((scope) => scopeDescriptions[scope] ?? scope),
  })
}
