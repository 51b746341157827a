/** Callers of an MCP server with a token they have: clients of both official SDKs, and what they were answered. */
import { fakeUsers } from '@mcp-auth/provider-discord/mocks'
import { Client, StreamableHTTPClientTransport, type VersionNegotiationMode } from '@modelcontextprotocol/client'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { onTestFinished } from 'vitest'
import type { ServerKind } from './access-mcp.ts'
import { login } from './client.ts'
import type { TestServer } from './server.ts'

/** What tests ask of a client, of whichever SDK. */
export interface MCPClient {
  listTools(): Promise<{ tools: { name: string }[] }>
  listPrompts(): Promise<{ prompts: { name: string }[] }>
  listResources(): Promise<{ resources: { uri: string }[] }>
  listResourceTemplates(): Promise<{ resourceTemplates: { uriTemplate: string }[] }>
  callTool(params: { name: string; arguments?: Record<string, unknown> }): Promise<unknown>
  readResource(params: { uri: string }): Promise<unknown>
  getPrompt(params: { name: string }): Promise<unknown>
  complete(params: {
    ref: { type: 'ref/prompt'; name: string } | { type: 'ref/resource'; uri: string }
    argument: { name: string; value: string }
  }): Promise<{ completion: { values: string[] } }>
  close(): Promise<void>
}

/** What came over the wire. */
export interface Received {
  readonly status: number
  readonly challenge: string | null
  readonly body: string
}

/** A client that is connected. */
export interface Caller {
  readonly client: MCPClient
  readonly token: string
  /** Headers of its last request, for requests by hand. */
  headers(): Headers
  /** Its last message. */
  sent(): { readonly params?: { readonly _meta?: unknown } }
  /** The answer to its last request. */
  last(): Promise<Received>
}

/** A client and a server that understand each other. */
export interface Pair {
  readonly server: ServerKind
  readonly client: 'v1' | VersionNegotiationMode
  readonly title: string
}

/** Every pair that exists. */
export const pairs: readonly Pair[] = [
  { title: 'SDK v1 server, v1 client', server: 'v1 stateful', client: 'v1' },
  { title: 'SDK v1 server, v2 client', server: 'v1 stateful', client: 'legacy' },
  { title: 'SDK v2 server on 2025-11-25, v1 client', server: 'v2 stateful', client: 'v1' },
  { title: 'SDK v2 server on 2025-11-25, v2 client', server: 'v2 stateful', client: 'legacy' },
  { title: 'SDK v2 server on 2026-07-28', server: 'v2 stateless', client: { pin: '2026-07-28' } },
]

/** One pair for each server. */
export const servers: readonly Pair[] = pairs.filter(({ client }) => client !== 'legacy')

/** A token of a user with these scopes. */
export async function tokenOf(server: TestServer, user: keyof typeof fakeUsers, scope = 'identify'): Promise<string> {
  server.discord.settings.user = fakeUsers[user].id
  return (await login(server, { over: { scope } })).access_token
}

/** Connects a client with a token, or without one; closed when the test is finished. */
export async function connectCaller(server: TestServer, kind: Pair['client'], token: string): Promise<Caller> {
  let headers = new Headers()
  let sent = ''
  let last: Promise<Received> | undefined
  const url = new URL(server.mcpURL)
  const watch: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    // A stream that is opened with GET never ends.
    if (init?.method !== 'POST') return response
    headers = new Headers(init.headers)
    sent = typeof init.body === 'string' ? init.body : ''
    const { status } = response
    const challenge = response.headers.get('www-authenticate')
    // Whoever closes a client does not wait for its answers.
    const text = response
      .clone()
      .text()
      .catch(() => '')
    last = text.then((body) => ({ status, challenge, body }))
    return response
  }
  const requestInit = { headers: token === '' ? {} : { authorization: `Bearer ${token}` } }
  const client = await connectClient(kind, url, { requestInit, fetch: watch })
  onTestFinished(async () => await client.close())
  return {
    client,
    token,
    headers: () => headers,
    sent: () => JSON.parse(sent) as ReturnType<Caller['sent']>,
    async last() {
      if (!last) throw new Error('nothing was received')
      return await last
    },
  }
}

async function connectClient(
  kind: Pair['client'],
  url: URL,
  options: { readonly requestInit: RequestInit; readonly fetch: typeof fetch },
): Promise<MCPClient> {
  const info = { name: 'conformance', version: '1.0.0' }
  if (kind === 'v1') {
    const client = new ClientV1(info)
    await client.connect(new TransportV1(url, options))
    return client
  }
  const client = new Client(info, { versionNegotiation: { mode: kind } })
  await client.connect(new StreamableHTTPClientTransport(url, options))
  return client
}

/** The JSON-RPC message in an answer, whether it came alone or as an event. */
export function messageOf({ body }: Received): { id?: unknown; result?: Record<string, unknown>; error?: unknown } {
  const data = /^data: (\{.*)$/m.exec(body)?.[1] ?? body
  return JSON.parse(data) as ReturnType<typeof messageOf>
}
