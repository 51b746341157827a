/** An MCP client application as its author writes it, whichever SDK it is made with. */
import type { Wallet } from './wallet.ts'

/** What an application is for. */
export interface ApplicationOptions {
  readonly mcpURL: string
  /** How it authenticates at the token endpoint. Default: not at all. */
  readonly authMethod?: string | undefined
  /** The person with the browser: walks to the redirect URI and returns the address there. */
  readonly person: (authorizationURL: URL, redirectURI: string) => Promise<URL>
}

interface Registration {
  readonly client_id: string
  readonly client_secret?: string | undefined
}

interface Tokens {
  readonly access_token: string
  readonly refresh_token?: string | undefined
}

/** The application. */
export interface Application {
  readonly wallet: Pick<Wallet<Registration, Tokens, unknown>, 'registration' | 'kept' | 'sent'>
  /** What the SDK throws when the person has to sign in. */
  readonly UnauthorizedError: new (
    message?: string,
  ) => Error
  /** Is refused, sends the person away, takes the callback, and connects. */
  connect(): Promise<void>
  /** Sends the person where the SDK wants to, and takes the callback. */
  signIn(): Promise<void>
  /** The revision that was agreed on. */
  protocolVersion(): string | undefined
  /** Calls a tool; returns its text. */
  call(tool: string): Promise<string>
  close(): Promise<void>
}

/** The callback of the sign-in that the SDK asked for last. */
export async function callbackOf(
  wallet: Wallet<unknown, unknown, unknown>,
  { person }: ApplicationOptions,
): Promise<URLSearchParams> {
  const url = wallet.sent.at(-1)
  if (!url) throw new Error('the SDK sent nobody anywhere')
  const { searchParams } = await person(url, wallet.redirectUrl)
  if (searchParams.get('state') !== wallet.state()) throw new Error('the state did not come back')
  return searchParams
}

/** The text of a tool's answer. */
export function textOf({ content }: { readonly content: readonly { readonly type: string }[] }): string {
  const [first] = content
  if (!first || !('text' in first) || typeof first.text !== 'string') throw new Error('the tool answered no text')
  return first.text
}
