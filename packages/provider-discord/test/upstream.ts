/** What core does with a provider, reduced to the calls the tests need. @module */
import { type FixedProvider, type UpstreamApi, UpstreamError, type UpstreamTokens } from '@mcp-auth/core'
import { type DiscordOptions, discord } from '@mcp-auth/provider-discord'
import type { FakeDiscord } from '@mcp-auth/provider-discord/mocks'

export const redirectUri = 'https://mcp.example/auth/callback'

/** A verifier and its S256 challenge, from [RFC 7636 appendix B](https://www.rfc-editor.org/rfc/rfc7636#appendix-B). */
export const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

/** The provider for the application the fake knows. */
export function providerFor(fake: FakeDiscord, options: Partial<DiscordOptions> = {}): FixedProvider {
  return discord({ clientId: fake.clientId, clientSecret: fake.clientSecret, ...options })
}

/** Bounded calls, with the global fetch. */
export function apiFor(provider: FixedProvider, now: () => number): UpstreamApi {
  return {
    now,
    endpoints: provider,
    nonce: undefined,
    verifyIDToken: async () => await Promise.reject(new Error('not called')),
    postJSONAsClient: async () => await Promise.reject(new Error('not called')),
    getJSON: async (url, accessToken) => {
      const response = await fetch(url, { headers: { ...provider.headers, Authorization: `Bearer ${accessToken}` } })
      const body: unknown = parseJSON(await response.text())
      if (response.ok && body !== undefined) return body
      if (response.ok) throw new UpstreamError('protocol', { status: response.status })
      const { kind, ...details } = provider.classifyError({ status: response.status, headers: response.headers, body })
      throw new UpstreamError(kind, { status: response.status, ...details })
    },
  }
}

/** The tokens of a wire body, as core keeps them. */
export function upstreamTokens(body: { readonly access_token: string }): UpstreamTokens {
  return { accessToken: body.access_token }
}

/** A body as core hands it to the provider. */
export function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A form request as the provider's application sends it. */
export function formRequest(
  url: string,
  provider: FixedProvider,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Request {
  const authorization = `Basic ${btoa(`${encodeURIComponent(provider.clientId)}:${encodeURIComponent(provider.clientSecret)}`)}`
  return new Request(url, {
    method: 'POST',
    headers: { ...provider.headers, Authorization: authorization, ...headers },
    body: new URLSearchParams(form),
  })
}

/** The address a browser is sent to for signing in. */
export function authorizationURL(provider: FixedProvider, parameters: Readonly<Record<string, string>> = {}): string {
  const url = new URL(provider.authorizationEndpoint)
  const all = {
    response_type: 'code',
    client_id: provider.clientId,
    redirect_uri: redirectUri,
    scope: 'identify guilds',
    state: 'state-1',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...parameters,
  }
  for (const [name, value] of Object.entries(all)) if (value !== '') url.searchParams.set(name, value)
  return url.href
}

/** Signs in and returns the parameters of the redirect. */
export async function authorize(
  fake: FakeDiscord,
  provider: FixedProvider,
  parameters: Readonly<Record<string, string>> = {},
): Promise<URLSearchParams> {
  const response = await fake.fetch(new Request(authorizationURL(provider, parameters)))
  return new URL(response.headers.get('Location') ?? 'about:blank').searchParams
}

/** Status and body of a call to the API with an access token. */
export async function get(
  fake: FakeDiscord,
  path: string,
  accessToken: string,
  headers: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<readonly [number, unknown]> {
  const all = { ...providerFor(fake).headers, Authorization: `Bearer ${accessToken}`, ...headers }
  const response = await fake.fetch(
    new Request(`https://discord.com/api/v10${path}`, { headers: all, ...(signal ? { signal } : {}) }),
  )
  return [response.status, parseJSON(await response.text())]
}
