/** An application on `@modelcontextprotocol/sdk`, the first generation. */
import { type OAuthDiscoveryState, UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js'
import { type Application, type ApplicationOptions, callbackOf, textOf } from './application.ts'
import { createWallet } from './wallet.ts'

/** Writes the application. */
export function createV1Application(options: ApplicationOptions): Application {
  const { authMethod = 'none' } = options
  const wallet = createWallet<OAuthClientInformationMixed, OAuthTokens, OAuthDiscoveryState>(authMethod)
  const open = (): { client: Client; transport: StreamableHTTPClientTransport } => ({
    client: new Client({ name: 'conformance', version: '1.0.0' }),
    transport: new StreamableHTTPClientTransport(new URL(options.mcpURL), { authProvider: wallet }),
  })
  let { client, transport } = open()
  const signIn = async (): Promise<void> => {
    await transport.finishAuth((await callbackOf(wallet, options)).get('code') ?? '')
  }
  return {
    wallet,
    UnauthorizedError,
    signIn,
    async connect() {
      await client.connect(transport).then(
        () => Promise.reject(new Error('nobody had to sign in')),
        (error: unknown) => (error instanceof UnauthorizedError ? signIn() : Promise.reject(error)),
      )
      ;({ client, transport } = open())
      await client.connect(transport)
    },
    protocolVersion: () => transport.protocolVersion,
    async call(tool) {
      return textOf(CallToolResultSchema.parse(await client.callTool({ name: tool })))
    },
    close: async () => await client.close(),
  }
}
