/** The requests of an MCP client, each on its own. @module */
import { createHash, randomBytes } from 'node:crypto'
import { agree } from '../../../examples/discord-express/src/demo/person.ts'
import type { Answer, Client } from './client.ts'

/** A code, and what it takes to redeem it. */
export type Redemption = Readonly<Record<'client_id' | 'code' | 'code_verifier' | 'redirect_uri', string>>

/** What a client has of a sign-in. */
export interface Tokens {
  readonly access: string
  readonly refresh: string
  /** End of the access token, in milliseconds since the epoch. */
  readonly accessUntil: number
}

/** Registers a client. */
export async function register(client: Client, callbackURL: string): Promise<Answer> {
  const metadata = {
    client_name: 'Virtual user',
    redirect_uris: [callbackURL],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
  }
  const headers = { 'content-type': 'application/json' }
  return await client.send('/register', { method: 'POST', headers, body: JSON.stringify(metadata) })
}

/** Where a sign-in came to: a code, or the status of the page it ended at. */
export type SignIn = { readonly redemption: Redemption } | { readonly status: number }

/** Has a person sign in, from the authorization request to the code: consent, identity provider, callback. */
export async function signIn(
  where: { readonly origin: string; readonly callbackURL: string },
  clientId: string,
  user: string,
): Promise<SignIn> {
  const { origin, callbackURL } = where
  const verifier = randomBytes(32).toString('base64url')
  const request = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: callbackURL,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    scope: 'identify guilds',
    resource: `${origin}/mcp`,
  })
  let last = 0
  let code: string | null = null
  const visited = (_method: string, url: URL, status: number): void => {
    last = status
    if (url.href.startsWith(callbackURL)) code = url.searchParams.get('code')
  }
  try {
    await agree(new URL(`${origin}/authorize?${request}`), callbackURL, visited, { user })
  } catch {
    return { status: last }
  }
  if (code === null) return { status: 503 }
  return { redemption: { client_id: clientId, code, code_verifier: verifier, redirect_uri: callbackURL } }
}

/** Redeems a code. */
export async function redeem(client: Client, redemption: Redemption): Promise<Answer> {
  return await post(client, '/token', { grant_type: 'authorization_code', ...redemption })
}

/** Shows a refresh token. */
export async function refresh(client: Client, clientId: string, token: string, slot?: number): Promise<Answer> {
  return await post(client, '/token', { grant_type: 'refresh_token', client_id: clientId, refresh_token: token }, slot)
}

/** Revokes a token, and with it the grant. */
export async function revoke(client: Client, clientId: string, token: string): Promise<Answer> {
  return await post(client, '/revoke', { client_id: clientId, token })
}

/** Calls a tool. What the tool itself asks to be tried again counts as 503. */
export async function callTool(
  client: Client,
  token: string,
  name: 'whoami' | 'list_guilds',
  slot?: number,
): Promise<Answer> {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': name,
  }
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'faults', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': {},
  }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, _meta } })
  const answer = await client.send('/mcp', { method: 'POST', headers, body }, slot)
  return answer.status === 200 && answer.body.includes('try again later') ? { ...answer, status: 503 } : answer
}

/** The tokens of an answer of the token endpoint. */
export function readTokens({ body }: Pick<Answer, 'body'>): Tokens {
  const { access_token: access, refresh_token: refreshToken } = readObject(body)
  if (typeof access !== 'string' || typeof refreshToken !== 'string') throw new TypeError('there are no tokens')
  // The same answer may come again later: how long the token lives is in the token.
  const { exp } = readObject(Buffer.from(access.split('.')[1] ?? '', 'base64url').toString())
  return { access, refresh: refreshToken, accessUntil: 1000 * Number(exp) }
}

/** The members of a JSON object. */
export function readObject(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text)
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}

async function post(
  client: Client,
  path: string,
  parameters: Readonly<Record<string, string>>,
  slot?: number,
): Promise<Answer> {
  return await client.send(path, { method: 'POST', body: new URLSearchParams(parameters) }, slot)
}
