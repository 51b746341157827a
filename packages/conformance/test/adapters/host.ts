/** What a framework has to show to stand under the adapter contract. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AuthSession, OAuthProxy, RequestInfo } from '@mcp-auth/core'
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node'
import { McpServer, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server'
import { onTestFinished } from 'vitest'
import { type ListeningServer, startTestServer, type TestServer, type TestServerOptions } from '../support/server.ts'

/** Where every host has what. */
export const paths = {
  /** Behind a gate that asks for the scope `guilds`. */
  guilds: '/guilds',
  /** Behind a gate; throws. */
  broken: '/broken',
  /** Behind a gate; an MCP server of the official SDK. */
  sdk: '/sdk',
  /** Not behind a gate, and reads the session all the same: answers with what that throws. */
  ungated: '/ungated',
} as const

/** The text of every host's own 404. */
export const nothingHere = 'nothing here'

/** A cookie that every host sets before anything of ours runs. */
export const earlierCookie = 'earlier=1; Path=/'

/** A framework with our adapter in it. */
export interface Host {
  readonly name: string
  /** Body parsers people put in front, by name. */
  readonly parsers: readonly string[]
  /** An application: earlier cookie, parser, `mcpAuth`, the MCP endpoint and {@link paths}, and a 404 of its own. */
  listener(auth: OAuthProxy, calls: TestServer['calls'], parser?: string): RequestListener | Promise<RequestListener>
}

/** Settings of {@link startHost}. */
export interface HostOptions extends Omit<TestServerOptions, 'listener' | 'mcp'> {
  /** One of {@link Host.parsers}. */
  readonly parser?: string
  /** Learns what the adapter tells core about a request. */
  readonly onFetch?: (request: Request, info?: RequestInfo) => void
}

/** Starts a server on a host for the running test. */
export async function startHost(host: Host, options: HostOptions = {}): Promise<ListeningServer> {
  const { parser, onFetch = () => {}, ...rest } = options
  const listener = async (auth: OAuthProxy, calls: TestServer['calls']): Promise<RequestListener> =>
    await host.listener(watched(auth, onFetch), calls, parser)
  const server = await startTestServer({ ...rest, listener })
  onTestFinished(async () => await server.close())
  return server
}

function watched(auth: OAuthProxy, onFetch: NonNullable<HostOptions['onFetch']>): OAuthProxy {
  return {
    ...auth,
    async fetch(request, info) {
      onFetch(request, info)
      return await auth.fetch(request, info)
    },
  }
}

/** Path of the MCP endpoint. */
export function mcpPath(auth: OAuthProxy): string {
  return new URL(auth.metadata.protectedResource.resource).pathname
}

/** What the MCP endpoint answers: the session, the same as the SDK sees it, and the body as it came. */
export function echo(session: AuthSession, sdk: unknown, body: unknown): Record<string, unknown> {
  const { clientId } = Object(sdk)
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

/** The SDK's transport on Node, one request long. */
export async function answerAsSDK(request: IncomingMessage, response: ServerResponse, body?: unknown): Promise<void> {
  const transport = new NodeStreamableHTTPServerTransport(stateless)
  await whoAmI().connect(transport)
  await transport.handleRequest(request, response, body)
}

/** The SDK's transport on fetch, one request long. */
export async function answerAsWebSDK(request: Request, authInfo: AuthSession): Promise<Response> {
  const transport = new WebStandardStreamableHTTPServerTransport(stateless)
  await whoAmI().connect(transport)
  return await transport.handleRequest(request, { authInfo })
}

const stateless = { enableJsonResponse: true }

function whoAmI(): McpServer {
  const server = new McpServer({ name: 'contract', version: '1.0.0' })
  server.registerTool('whoami', { description: 'Who is signed in' }, ({ http }) => ({
    content: [{ type: 'text', text: `sub ${String(http?.authInfo?.extra?.['sub'])}` }],
  }))
  return server
}
