/** What an MCP client keeps: its registration, its tokens and a sign-in that is under way. @module */
import type {
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client'

/** A wallet in memory. `sentTo` is where the SDK wants the person to go. */
export interface Wallet extends OAuthClientProvider {
  readonly sentTo: URL | undefined
  state(): string
}

/** Creates an empty wallet of a client that runs on the person's own machine. */
export function createWallet(redirectURI: string): Wallet {
  const state = crypto.randomUUID()
  let sentTo: URL | undefined
  let verifier = ''
  let registration: StoredOAuthClientInformation | undefined
  let tokens: StoredOAuthTokens | undefined
  let discovered: OAuthDiscoveryState | undefined
  return {
    redirectUrl: redirectURI,
    clientMetadata: {
      client_name: 'mcp-auth demo',
      redirect_uris: [redirectURI],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    },
    get sentTo() {
      return sentTo
    },
    state: () => state,
    clientInformation: () => registration,
    saveClientInformation: (given) => void (registration = given),
    tokens: () => tokens,
    saveTokens: (given) => void (tokens = given),
    redirectToAuthorization: (url) => void (sentTo = url),
    saveCodeVerifier: (given) => void (verifier = given),
    codeVerifier: () => verifier,
    saveDiscoveryState: (given) => void (discovered = given),
    discoveryState: () => discovered,
  }
}
