/** Recorded profiles of known clients, and how each of their steps is replayed. */
import { redirectURIPresets } from '@mcp-auth/core'
import { type ClientProfile, type ClientResource, clientProfiles } from '@mcp-auth/testing'
import { expect } from 'vitest'
import { assertionOf, assertionParameters } from './assertion.ts'
import { type Answer, send } from './browser.ts'
import { type Authorization, authorize, callMCP, encode, newClient, type Overrides, type TestClient } from './client.ts'
import { startDocumentHost } from './document-host.ts'
import { type ForgeKey, newForgeKey } from './forge.ts'
import type { TestServer, TestServerOptions } from './server.ts'
import { startServer } from './start.ts'

export type Profile = ClientProfile

/** By name. */
export const profiles: Readonly<Record<string, Profile>> = clientProfiles

/** One that is there. */
export function profileOf(name: string): Profile {
  const profile = profiles[name]
  if (!profile) throw new Error(`no profile ${name}`)
  return profile
}

/** A client of a profile at a server that lets in nobody else. */
export interface Session {
  readonly profile: Profile
  readonly server: TestServer
  /** For its assertions. */
  readonly key: ForgeKey
  /** A client that has a document: the URL of that. */
  readonly documentURL: string | undefined
}

/** Starts a server whose redirect URIs are the preset of this client alone, and publishes the client's document. */
export async function start(name: string, options: TestServerOptions = {}): Promise<Session> {
  const profile = profileOf(name)
  const { registration, token } = profile
  const key = newForgeKey('RS256')
  const all: TestServerOptions = {
    ...(profile.outsidePreset ? {} : { redirectURIs: { allowed: redirectURIPresets[profile.preset] } }),
    dangerouslyAllowTokenEndpointAudience: token.audience === 'token_endpoint',
    ...options,
  }
  if (registration.kind === 'dynamic') {
    return { profile, key, documentURL: undefined, server: await startServer(all) }
  }
  const host = await startDocumentHost()
  const path = new URL(registration.url).pathname
  const documentURL = host.origin + path
  const { jwksPath, metadata } = registration
  const keys = jwksPath === undefined ? {} : { jwks_uri: host.origin + jwksPath }
  if (jwksPath !== undefined)
    host.answer(jwksPath, { body: { keys: [{ ...key.publicJwk, alg: 'RS256', use: 'sig' }] } })
  host.answer(path, { body: { client_id: documentURL, ...metadata, ...keys } })
  const clientIdMetadata = { dangerouslyAllowedHosts: [host.authority] }
  return {
    profile,
    key,
    documentURL,
    server: await startServer({ httpsHosts: ['localhost'], clientIdMetadata, ...all }),
  }
}

/** The first document that is there. */
export async function firstOf(
  { server, profile }: Session,
  paths: readonly string[],
): Promise<Record<string, unknown>> {
  for (const path of paths) {
    const answer = await send(server.origin + path, {
      headers: { accept: 'application/json', ...profile.discovery.headers },
    })
    if (answer.status === 200) return answer.json()
    expect([path, answer.status]).toEqual([path, 404])
  }
  throw new Error(`nothing at ${paths.join(' ')}`)
}

/** Finds the server from the 401, as this client does; returns the metadata of the authorization server. */
export async function discover(session: Session): Promise<Record<string, unknown>> {
  const { server, profile } = session
  const refused = await callMCP(server, undefined, { headers: { ...profile.mcp.headers } })
  expect(refused.status).toBe(401)
  const challenge = refused.headers.get('www-authenticate') ?? ''
  expect(challenge).toContain(`resource_metadata="${server.origin}/.well-known/oauth-protected-resource/mcp"`)
  expect(challenge).not.toContain('error=')
  const resource = await firstOf(session, profile.discovery.resource)
  const metadata = await firstOf(session, profile.discovery.server)
  expect(resource['authorization_servers']).toEqual([metadata['issuer']])
  expect(metadata['code_challenge_methods_supported']).toEqual(['S256'])
  expect([...Object.values(resource), ...Object.values(metadata)]).not.toContain(null)
  return metadata
}

/** Registers, or relies on its document. */
export async function identify(session: Session, metadata: Record<string, unknown>): Promise<TestClient> {
  const { server, profile, documentURL } = session
  if (documentURL === undefined) return await newClient(server, profile.registration.metadata)
  expect(metadata['client_id_metadata_document_supported']).toBe(true)
  expect(metadata['token_endpoint_auth_methods_supported']).toContain('none')
  return { client_id: documentURL }
}

function written({ server }: Session, resource: ClientResource): string | undefined {
  const spellings = {
    exact: server.mcpURL,
    origin: `${server.origin}/`,
    slash: `${server.mcpURL}/`,
    omitted: undefined,
  }
  return spellings[resource]
}

/** The parameters of its authorization request that are not the same for everybody. */
export function asked(session: Session): Overrides {
  const { redirect_uri, scope, resource, extra } = session.profile.authorize
  const all = session.server.auth.metadata.authorizationServer.scopes_supported.join(' ')
  const scopes: Overrides = { scope: scope === 'metadata' ? all : scope === 'omitted' ? undefined : scope }
  return { redirect_uri, resource: written(session, resource), ...scopes, ...extra }
}

/** Asks the token endpoint, with the credentials as this client shows them. */
async function askToken(session: Session, client: TestClient, parameters: Overrides): Promise<Answer> {
  const { server, profile, key } = session
  const { token_endpoint } = server.auth.metadata.authorizationServer
  const { auth, audience } = profile.token
  const assertion = (): Overrides =>
    assertionParameters(
      assertionOf(server, client, key, audience === undefined ? {} : { payload: { aud: token_endpoint } }),
    )
  const basic = `Basic ${Buffer.from(`${client.client_id}:${client.client_secret}`).toString('base64')}`
  const credentials = { none: { client_id: client.client_id }, client_secret_basic: {}, private_key_jwt: undefined }
  return await send(token_endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      ...(auth === 'client_secret_basic' ? { authorization: basic } : {}),
    },
    body: encode({ ...parameters, ...(credentials[auth] ?? assertion()) }),
  })
}

/** Has the person approve, and redeems the code. */
export async function redeem(
  session: Session,
  client: TestClient,
): Promise<{ answer: Answer; authorization: Authorization }> {
  const authorization = await authorize(session.server, { client, over: asked(session) })
  const answer = await askToken(session, client, {
    grant_type: 'authorization_code',
    code: authorization.code,
    code_verifier: authorization.verifier,
    redirect_uri: session.profile.authorize.redirect_uri,
    resource: written(session, session.profile.token.resource),
  })
  return { answer, authorization }
}

/** Refreshes, as this client writes that. */
export async function refresh(session: Session, client: TestClient, tokens: Record<string, unknown>): Promise<Answer> {
  const { scope, resource } = session.profile.refresh
  return await askToken(session, client, {
    grant_type: 'refresh_token',
    refresh_token: String(tokens['refresh_token']),
    resource: written(session, resource),
    scope: scope === 'same' ? String(tokens['scope']) : undefined,
  })
}

/** Logs in; returns the client and its tokens. */
export async function logIn(session: Session): Promise<{ client: TestClient; tokens: Record<string, unknown> }> {
  const client = await identify(session, await discover(session))
  const { answer } = await redeem(session, client)
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
  return { client, tokens: answer.json() }
}
