/** An application on `@modelcontextprotocol/client`, the second generation. */
import {
  Client,
  type OAuthClientInformationMixed,
  type OAuthDiscoveryState,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  type VersionNegotiationMode,
} from '@modelcontextprotocol/client'
import { type Application, type ApplicationOptions, callbackOf, textOf } from './application.ts'
import { createWallet } from './wallet.ts'

/** Writes the application; `mode` chooses the wire, and without one the SDK does. */
export function createV2Application(
  mode: VersionNegotiationMode | undefined,
  options: ApplicationOptions,
): Application {
  const { authMethod = 'none' } = options
  const wallet = createWallet<OAuthClientInformationMixed, StoredOAuthTokens, OAuthDiscoveryState>(authMethod)
  const open = (): { client: Client; transport: StreamableHTTPClientTransport } => ({
    client: new Client(
      { name: 'conformance', version: '1.0.0' },
      mode === undefined ? {} : { versionNegotiation: { mode } },
    ),
    transport: new StreamableHTTPClientTransport(new URL(options.mcpURL), { authProvider: wallet }),
  })
  let { client, transport } = open()
  const signIn = async (): Promise<void> => {
    await transport.finishAuth(await callbackOf(wallet, options))
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
    protocolVersion: () => client.getNegotiatedProtocolVersion(),
    call: async (tool) => textOf(await client.callTool({ name: tool })),
    close: async () => await client.close(),
  }
}
