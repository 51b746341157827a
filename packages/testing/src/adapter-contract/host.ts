/** What a framework has to show to stand under the adapter contract. @module */
import type { RequestListener } from 'node:http'
import type { AuthSession, OAuthProxy } from '@mcp-auth/core'

/** A call that reached the MCP endpoint. */
export interface AdapterCall {
  readonly method: string
  readonly subject: string
}

/** Where every host has what, besides the MCP endpoint at {@link mcpPath}. */
export const paths: {
  /** Behind a gate that asks for the scopes `identify` and `guilds`; answers `guilds`. */
  readonly guilds: '/guilds'
  /** Behind a gate; throws. */
  readonly broken: '/broken'
  /** Behind a gate; an MCP server of the official SDK, whose tool `whoami` answers the text `sub ` and `authInfo.extra.sub`. */
  readonly sdk: '/sdk'
  /** Not behind a gate, and reads the session all the same: answers with what that throws, see {@link thrownBy}. */
  readonly ungated: '/ungated'
} = { guilds: '/guilds', broken: '/broken', sdk: '/sdk', ungated: '/ungated' }

/** The text of every host's own 404. */
export const nothingHere = 'nothing here'

/** A cookie that every host sets before anything of the adapter runs. */
export const earlierCookie = 'earlier=1; Path=/'

/** A framework with its adapter in it. */
export interface AdapterHost {
  /** Body parsers people put in front, by name. */
  readonly parsers: readonly string[]
  /** The adapter keeps the session of a request, to be read behind the gate; {@link paths}`.ungated` exists. */
  readonly keepsSession: boolean
  /**
   * An application: {@link earlierCookie}, the parser if one is named, the adapter, the MCP endpoint, {@link paths}, and
   * a 404 with {@link nothingHere}. The MCP endpoint notes each call in `calls` and answers with {@link echo}.
   */
  listener(auth: OAuthProxy, calls: AdapterCall[], parser?: string): RequestListener | Promise<RequestListener>
}

/** Path of the MCP endpoint. */
export function mcpPath(auth: OAuthProxy): string {
  return new URL(auth.metadata.protectedResource.resource).pathname
}

/** What the MCP endpoint answers: the session, the same as the SDK sees it, and the body as it came. */
export function echo(session: AuthSession, sdk: unknown, body: unknown): Record<string, unknown> {
  const { clientId } = Object(sdk) as { readonly clientId?: unknown }
  return { subject: session.subject, scopes: session.scopes, sdkClientId: clientId, body }
}

/** The name and text of what a function throws. */
export function thrownBy(action: () => unknown): string {
  try {
    action()
    return 'nothing'
  } catch (error) {
    return String(error)
  }
}
