/** What an MCP client application keeps: its registration, its tokens and a sign-in that is under way. */

/** Where a client application is called back. Nothing listens there: the test takes the address instead. */
const redirectURI = 'http://127.0.0.1:32766/oauth/callback'

/** The SDKs' `OAuthClientProvider` over plain memory, the same for both generations. */
export interface Wallet<Registration, Tokens, Discovery> {
  readonly redirectUrl: string
  readonly clientMetadata: {
    client_name: string
    redirect_uris: string[]
    token_endpoint_auth_method: string
    grant_types: string[]
    response_types: string[]
  }
  /** Where the person was sent, in order. */
  readonly sent: URL[]
  registration: Registration | undefined
  kept: Tokens | undefined
  state(): string
  clientInformation(): Registration | undefined
  saveClientInformation(registration: Registration): void
  tokens(): Tokens | undefined
  saveTokens(tokens: Tokens): void
  redirectToAuthorization(url: URL): void
  saveCodeVerifier(verifier: string): void
  codeVerifier(): string
  saveDiscoveryState(discovery: Discovery): void
  discoveryState(): Discovery | undefined
  invalidateCredentials(part: 'all' | 'client' | 'tokens' | 'verifier' | 'discovery'): void
}

/** Creates the empty wallet of a native application. */
export function createWallet<Registration, Tokens, Discovery>(
  authMethod: string,
): Wallet<Registration, Tokens, Discovery> {
  let verifier = ''
  let discovered: Discovery | undefined
  const wallet: Wallet<Registration, Tokens, Discovery> = {
    redirectUrl: redirectURI,
    clientMetadata: {
      client_name: 'Conformance Client',
      redirect_uris: [redirectURI],
      token_endpoint_auth_method: authMethod,
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    },
    sent: [],
    registration: undefined,
    kept: undefined,
    state: () => 'state of the client',
    clientInformation: () => wallet.registration,
    saveClientInformation: (registration) => {
      wallet.registration = registration
    },
    tokens: () => wallet.kept,
    saveTokens: (tokens) => {
      wallet.kept = tokens
    },
    redirectToAuthorization: (url) => {
      wallet.sent.push(url)
    },
    saveCodeVerifier: (value) => {
      verifier = value
    },
    codeVerifier: () => verifier,
    saveDiscoveryState: (discovery) => {
      discovered = discovery
    },
    discoveryState: () => discovered,
    invalidateCredentials: (part) => {
      if (part === 'all' || part === 'client') wallet.registration = undefined
      if (part === 'all' || part === 'tokens') wallet.kept = undefined
      if (part === 'all' || part === 'discovery') discovered = undefined
    },
  }
  return wallet
}
