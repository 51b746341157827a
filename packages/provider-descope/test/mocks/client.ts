/** What an MCP client does at Descope, request by request. */

import type { FakeDescope } from '@mcp-auth/provider-descope/mocks'
import { metadataBody } from '@mcp-auth/provider-descope/mocks'

export const redirectUri = 'http://127.0.0.1:33418/callback'
export const resource = 'https://mcp.example/mcp'

/** A verifier and its S256 challenge, from [RFC 7636 appendix B](https://www.rfc-editor.org/rfc/rfc7636#appendix-B). */
export const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

type Parameters = Readonly<Record<string, string>>

/** An endpoint of the MCP server, from its metadata. */
export function endpoint(fake: FakeDescope, name: string): string {
  const { projectId, serverId, baseUrl, settings } = fake
  return String(metadataBody({ projectId, serverId, baseUrl, settings })[`${name}_endpoint`])
}

/** Registers a client; returns the answer. */
export async function register(fake: FakeDescope, over: Readonly<Record<string, unknown>> = {}): Promise<Response> {
  const body = JSON.stringify({ client_name: 'Client', redirect_uris: [redirectUri], ...over })
  return await fake.fetch(new Request(endpoint(fake, 'registration'), { method: 'POST', body }))
}

/** The id of a client that was just registered. */
export async function newClient(fake: FakeDescope): Promise<string> {
  const { client_id } = (await (await register(fake)).json()) as { client_id: string }
  return client_id
}

/** The address a browser is sent to; an empty value leaves a parameter out. */
export function authorizationURL(fake: FakeDescope, clientId: string, over: Parameters = {}): string {
  const url = new URL(endpoint(fake, 'authorization'))
  const all = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: 'openid',
    state: 'state-1',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    resource,
    ...over,
  }
  for (const [name, value] of Object.entries(all)) if (value !== '') url.searchParams.set(name, value)
  return url.href
}

/** Signs in; returns the parameters of the redirect. */
export async function authorize(fake: FakeDescope, clientId: string, over: Parameters = {}): Promise<URLSearchParams> {
  const answer = await fake.fetch(new Request(authorizationURL(fake, clientId, over)))
  return new URL(answer.headers.get('location') ?? 'about:blank').searchParams
}

/** Posts a form to the token endpoint. */
export async function post(fake: FakeDescope, form: Parameters, at = 'token'): Promise<Response> {
  return await fake.fetch(new Request(endpoint(fake, at), { method: 'POST', body: new URLSearchParams(form) }))
}

/** The form that redeems a code. */
export function redemption(clientId: string, code: string, over: Parameters = {}): Parameters {
  return {
    grant_type: 'authorization_code',
    client_id: clientId,
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
    resource,
    ...over,
  }
}

/** The payload of a JWT. */
export function payloadOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
}
