/** A client at the level of single requests, on both wires. */
import { createHash, randomBytes } from 'node:crypto'
import { openCallback } from '../../../../discord-express/src/demo/callback.ts'
import { agree } from '../../../../discord-express/src/demo/person.ts'
import type { RunningServer } from './server.ts'

/** The users of the fake Discord. */
export const users = { nelly: '80351110224678912', wumpus: '53908232506183680' }

/** The two wires. */
export type Wire = '2025-11-25' | '2026-07-28'

/** A client that registered itself, and where it is called back. */
export interface RegisteredClient {
  readonly client_id: string
}

const redirectURI = 'http://127.0.0.1/callback'

/** Registers a client. */
export async function register(server: RunningServer, name = 'Test Client'): Promise<RegisteredClient> {
  const answer = await fetch(`${server.origin}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: name,
      redirect_uris: [redirectURI],
      token_endpoint_auth_method: 'none',
    }),
  })
  return await answer.json()
}

/** How to sign in. */
export interface LoginOptions {
  readonly client?: RegisteredClient
  readonly user?: string
  readonly scope?: string
}

/** Signs a user in and returns the access token. */
export async function login(server: RunningServer, options: LoginOptions = {}): Promise<string> {
  const { user = users.nelly, scope = 'identify' } = options
  const { client_id } = options.client ?? (await register(server))
  const callback = await openCallback()
  const verifier = randomBytes(32).toString('base64url')
  const request = new URLSearchParams({
    response_type: 'code',
    client_id,
    redirect_uri: callback.redirectURI,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    scope,
    resource: server.mcpURL,
  })
  await agree(new URL(`${server.origin}/authorize?${request}`), callback.redirectURI, () => {}, { user })
  const code = (await callback.parameters).get('code') ?? ''
  callback.close()
  const answer = await fetch(`${server.origin}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: callback.redirectURI,
      client_id,
      code_verifier: verifier,
    }),
  })
  const { access_token } = await answer.json()
  if (typeof access_token !== 'string') throw new Error(`no token: ${answer.status}`)
  return access_token
}

/** A JSON-RPC message with what tests look at. */
interface McpMessage {
  readonly result: {
    readonly content: readonly [{ readonly text: string }]
    readonly tools: readonly { readonly name: string }[]
  }
  readonly error: { readonly code: number }
}

/** An answer of the MCP endpoint. */
export interface McpAnswer {
  readonly status: number
  readonly headers: Headers
  /** The JSON-RPC message, whether it came as JSON or as an event. */
  readonly message: McpMessage
}

/** Sends one HTTP request to the MCP endpoint. */
export async function send(
  server: RunningServer,
  token: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<McpAnswer> {
  const answer = await fetch(server.mcpURL, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${token}`,
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await answer.text()
  const data = /^data: (.*)$/m.exec(text)?.[1] ?? text
  return { status: answer.status, headers: answer.headers, message: data === '' ? undefined : JSON.parse(data) }
}

/** Opens a session of the stateful wire; returns its id. */
export async function openSession(server: RunningServer, token: string): Promise<string> {
  const { headers } = await send(server, token, {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1.0.0' } },
  })
  const id = headers.get('mcp-session-id') ?? ''
  await send(server, token, { jsonrpc: '2.0', method: 'notifications/initialized' }, sessionHeaders(id))
  return id
}

/** Headers of a request within a session. */
export function sessionHeaders(id: string): Record<string, string> {
  return { 'mcp-session-id': id, 'mcp-protocol-version': '2025-11-25' }
}

/** A message of the stateless wire, with what it must carry. */
export function envelope(method: string, params: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': {},
  }
  return { jsonrpc: '2.0', id: 2, method, params: { ...params, _meta } }
}

/** Headers of a message of the stateless wire. */
export function envelopeHeaders(method: string, name?: string): Record<string, string> {
  return {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    ...(name === undefined ? {} : { 'mcp-name': name }),
  }
}

/** Sends one request on a wire, in a session of its own where the wire has sessions. */
export async function rpc(
  server: RunningServer,
  token: string,
  wire: Wire,
  method: string,
  params: { readonly name?: string } = {},
): Promise<McpAnswer> {
  if (wire === '2026-07-28') {
    return await send(server, token, envelope(method, params), envelopeHeaders(method, params.name))
  }
  const session = await openSession(server, token)
  return await send(server, token, { jsonrpc: '2.0', id: 2, method, params }, sessionHeaders(session))
}

/** Calls a tool. */
export async function callTool(server: RunningServer, token: string, wire: Wire, name: string): Promise<McpAnswer> {
  return await rpc(server, token, wire, 'tools/call', { name })
}

/** The JSON a tool answered with. */
export function toolResult({ message }: McpAnswer): unknown {
  return JSON.parse(message.result.content[0].text)
}
