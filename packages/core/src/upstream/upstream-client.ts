/** Our part as an OAuth client of the identity provider (IdP). @module */
import { UpstreamError } from '../errors.ts'
import { apiKeySubjectPrefix } from '../protocol/access-token.ts'
import { formatBasicCredentials } from '../protocol/client-authentication.ts'
import { parseUpstreamTokenResponse } from '../protocol/token-response.ts'
import type { Identity, OAuthProxyProvider, UpstreamApi, UpstreamEndpoints, UpstreamTokens } from '../provider.ts'
import { verifyIDToken } from '../verification/id-token.ts'
import type { VerifierTools } from '../verifier.ts'
import { type BoundedResponse, boundedFetch, type Fetch } from './bounded-fetch.ts'

/** Who logged in, and the tokens that say so. */
export interface UpstreamLogin {
  readonly tokens: UpstreamTokens
  readonly identity: Identity
}

/** What we sent with the authorization request, and send again or expect back. */
export interface UpstreamLoginRequest {
  readonly codeVerifier: string
  readonly redirectURI: string
  /** Where the provider uses one. */
  readonly nonce: string | undefined
}

/** Calls we make at the IdP. Everything one request of ours causes shares one deadline. */
export interface UpstreamClient {
  /** Starts the time that the calls of one request may take together. */
  deadline(): AbortSignal
  /** Where the IdP is. @throws {UpstreamError} while a provider that publishes it cannot be asked */
  endpoints(): Promise<UpstreamEndpoints>
  /** Redeems an authorization code and finds out who logged in. @throws {UpstreamError} */
  login(code: string, request: UpstreamLoginRequest, signal: AbortSignal): Promise<UpstreamLogin>
  /** Refreshes; what the answer leaves out is kept. @throws {UpstreamError} */
  refresh(tokens: UpstreamTokens, signal: AbortSignal): Promise<UpstreamTokens>
  /** Asks again whose tokens these are. @throws {UpstreamError} */
  identify(tokens: UpstreamTokens, signal: AbortSignal): Promise<Identity>
  /** Revokes, where the IdP can. @throws {UpstreamError} */
  revoke(tokens: UpstreamTokens, signal: AbortSignal): Promise<void>
}

/** Settings of {@link createUpstreamClient}. */
export interface UpstreamClientOptions {
  readonly provider: OAuthProxyProvider
  readonly fetch: Fetch
  /** Seconds until an operation is given up. */
  readonly timeoutSeconds: number
  /** Seconds since the epoch. */
  readonly now: () => number
  /** Metadata and keys of the IdP. */
  readonly tools: VerifierTools
}

/** Creates the client. */
export function createUpstreamClient(options: UpstreamClientOptions): UpstreamClient {
  const { provider, now, tools } = options
  const endpoints = async (): Promise<UpstreamEndpoints> =>
    'discover' in provider ? await provider.discover(tools) : provider
  const checked = (response: BoundedResponse): unknown => {
    // Some providers refuse with status 200.
    if (response.ok && !isRefusal(response.body)) return response.body
    const failure = provider.classifyError(response)
    throw new UpstreamError(failure.kind, { ...failure, status: response.status })
  }
  const post = async (url: string, parameters: Record<string, string>, signal: AbortSignal): Promise<unknown> => {
    const { headers, body } = authenticated(provider, parameters)
    return checked(await boundedFetch(options.fetch, url, { method: 'POST', headers, body }, signal))
  }
  const tokenRequest = async (parameters: Record<string, string>, signal: AbortSignal): Promise<UpstreamTokens> => {
    const { tokenEndpoint } = await endpoints()
    const body = await post(tokenEndpoint, { ...provider.tokenParameters, ...parameters }, signal)
    // A page where data should be is an outage in front of the IdP, not its answer.
    if (body === undefined) throw new UpstreamError('unavailable')
    const tokens = parseUpstreamTokenResponse(body, now())
    if (!tokens) throw new UpstreamError('protocol')
    const { scopes: named, ...others } = tokens
    const scopes = named && readScopes(provider, named)
    return scopes === undefined ? others : { ...others, scopes }
  }
  const identify = async (tokens: UpstreamTokens, signal: AbortSignal, nonce?: string): Promise<Identity> => {
    const api: UpstreamApi = {
      now,
      nonce,
      endpoints: await endpoints(),
      verifyIDToken: async (idToken, expected) =>
        await verifyIDToken(idToken, expected, tools.keys(expected.jwksURI), now()),
      getJSON: async (url, accessToken) => {
        const headers = { ...provider.headers, accept: 'application/json', authorization: `Bearer ${accessToken}` }
        const body = checked(await boundedFetch(options.fetch, url, { headers }, signal))
        if (body === undefined) throw new UpstreamError('unavailable')
        return body
      },
      postJSONAsClient: async (url, content) => {
        const headers = {
          ...provider.headers,
          accept: 'application/json',
          authorization: formatBasicCredentials(provider.clientId, provider.clientSecret),
          'content-type': 'application/json',
        }
        const init = { method: 'POST', headers, body: JSON.stringify(content) }
        const body = checked(await boundedFetch(options.fetch, url, init, signal))
        if (body === undefined) throw new UpstreamError('unavailable')
        return body
      },
    }
    const identity = await provider.identify(tokens, api)
    // Nobody signs in as a caller with an API key.
    if (identity.subject.startsWith(apiKeySubjectPrefix)) throw new UpstreamError('access_denied')
    return identity
  }

  return {
    deadline: () => deadlineAfter(options.timeoutSeconds),
    endpoints,
    async login(code, { codeVerifier, redirectURI, nonce }, signal) {
      const parameters = {
        grant_type: 'authorization_code',
        code,
        code_verifier: codeVerifier,
        redirect_uri: redirectURI,
      }
      const tokens = await tokenRequest(parameters, signal)
      return { tokens, identity: await identify(tokens, signal, nonce) }
    },
    async refresh(tokens, signal) {
      // Without a refresh token nothing can follow: the IdP has decided that this grant ends with its access token.
      if (tokens.refreshToken === undefined) throw new UpstreamError('invalid_grant')
      const scope = provider.refreshSendsScope && tokens.scopes ? { scope: upstreamScope(provider, tokens.scopes) } : {}
      const parameters = { grant_type: 'refresh_token', refresh_token: tokens.refreshToken, ...scope }
      const { expiresAt: _expiresAt, ...kept } = tokens
      return { ...kept, ...(await tokenRequest(parameters, signal)) }
    },
    identify: async (tokens, signal) => await identify(tokens, signal),
    async revoke(tokens, signal) {
      const { revocationEndpoint } = await endpoints()
      if (revocationEndpoint === undefined) return
      await post(revocationEndpoint, { token: tokens.refreshToken ?? tokens.accessToken }, signal)
    },
  }
}

/**
 * Aborted after so many seconds. What has arrived by then counts: in a process that was suspended timers go before what
 * waits to be read, and whoever throws that away may throw away the only refresh token there is.
 */
function deadlineAfter(seconds: number): AbortSignal {
  const over = AbortSignal.timeout(seconds * 1000)
  const controller = new AbortController()
  over.addEventListener('abort', () => setTimeout(() => controller.abort(over.reason), 0), { once: true })
  return controller.signal
}

/** A form with our credentials, [RFC 6749 §2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1). */
function authenticated(
  provider: OAuthProxyProvider,
  parameters: Record<string, string>,
): { headers: Record<string, string>; body: string } {
  const form = new URLSearchParams(parameters)
  const headers: Record<string, string> = {
    ...provider.headers,
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  }
  if (provider.tokenEndpointAuthMethod === 'client_secret_basic') {
    headers['authorization'] = formatBasicCredentials(provider.clientId, provider.clientSecret)
  } else {
    form.set('client_id', provider.clientId)
    if (provider.tokenEndpointAuthMethod === 'client_secret_post') form.set('client_secret', provider.clientSecret)
  }
  return { headers, body: form.toString() }
}

/** Scopes as clients know them. */
function readScopes(provider: OAuthProxyProvider, named: readonly string[]): readonly string[] | undefined {
  const scopes = named.map((scope) => provider.fromUpstreamScope?.(scope) ?? scope)
  return provider.readGrantedScopes ? provider.readGrantedScopes(scopes) : scopes
}

/** Scopes as the IdP writes them. */
function upstreamScope(provider: OAuthProxyProvider, scopes: readonly string[]): string {
  return scopes.map((scope) => provider.toUpstreamScope?.(scope) ?? scope).join(provider.scopeSeparator ?? ' ')
}

/** An answer that holds an error in place of what was asked for. */
function isRefusal(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'error' in body && !('access_token' in body)
}

/** The URL that sends the browser to the IdP: our fixed client id and callback, our own state and PKCE, nothing of the client's. */
export function buildUpstreamAuthorizationURL(
  provider: OAuthProxyProvider,
  authorizationEndpoint: string,
  parameters: {
    readonly state: string
    readonly codeChallenge: string
    readonly redirectURI: string
    readonly scopes: readonly string[]
    readonly nonce: string | undefined
  },
): string {
  const url = new URL(authorizationEndpoint)
  const query: Record<string, string> = {
    ...provider.authorizationParameters,
    response_type: 'code',
    client_id: provider.clientId,
    redirect_uri: parameters.redirectURI,
    scope: upstreamScope(provider, parameters.scopes),
    ...(parameters.nonce === undefined ? {} : { nonce: parameters.nonce }),
    state: parameters.state,
    code_challenge: parameters.codeChallenge,
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  // Some providers do not read '+' as a space.
  url.search = url.search.replaceAll('+', '%20')
  return url.href
}
