import { ConfigurationError } from '@mcp-auth/express'
import { describe, expect, it } from 'vitest'
import { send } from './support/browser.ts'
import { createClock } from './support/clock.ts'
import { accepted, judgeToken } from './support/gate.ts'
import { createTestIdP, type RemoteServer, type RemoteServerOptions, startRemote } from './support/remote.ts'

const places = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']

/** Metadata as an operator writes them for a provider that publishes none. */
const written = {
  issuer: 'https://login.example',
  authorization_endpoint: 'https://login.example/oauth/authorize',
  token_endpoint: 'https://login.example/oauth/token',
  jwks_uri: 'https://login.example/keys',
  response_types_supported: ['code'],
  code_challenge_methods_supported: ['S256'],
  client_id_metadata_document_supported: true,
}

async function startWritten(options: RemoteServerOptions = {}): Promise<RemoteServer> {
  const clock = createClock()
  const idp = createTestIdP(clock)
  idp.fail('metadata', '404')
  return await startRemote({ clock, idp, authorizationServerMetadata: written, ...options })
}

it('A028 serves metadata that were given whole as they are, and asks the provider for none', async () => {
  const server = await startWritten()
  for (const path of places) expect((await send(server.origin + path)).json()).toEqual(written)
  const resource = (await send(`${server.origin}/.well-known/oauth-protected-resource/mcp`)).json()
  expect(resource['authorization_servers']).toEqual([written.issuer])
  await server.auth.checkProvider()
  expect(server.idp.requests).toEqual([])
})

it('A014 finds the keys by metadata that were given whole, although the provider publishes none', async () => {
  const server = await startWritten()
  expect(await judgeToken(server, server.mint())).toEqual(accepted)
  expect(server.idp.requests).toEqual([server.idp.jwksURI])
})

it('advertises the issuer of the metadata that were given, wherever the tokens come from', async () => {
  const issuer = 'https://front.example'
  const server = await startWritten({ authorizationServerMetadata: { ...written, issuer } })
  const resource = (await send(`${server.origin}/.well-known/oauth-protected-resource/mcp`)).json()
  expect(resource['authorization_servers']).toEqual([issuer])
  expect((await send(server.origin + String(places[0]))).json()).toMatchObject({ issuer })
})

describe('A061 refuses to start with metadata', () => {
  it.each<[string, Record<string, unknown>]>([
    ['whose token endpoint is http', { token_endpoint: 'http://login.example/token' }],
    ['whose authorization endpoint is a script', { authorization_endpoint: 'javascript:alert(1)' }],
    ['whose keys are a file', { jwks_uri: 'file:///etc/keys.json' }],
    ['whose scopes are a text', { scopes_supported: 'read write' }],
  ])('%s', async (_case, members) => {
    const start = startWritten({ authorizationServerMetadata: { ...written, ...members } })
    await expect(start).rejects.toThrow(ConfigurationError)
    await expect(start).rejects.toMatchObject({ option: 'authorizationServerMetadata' })
  })

  it('whose issuer is http', async () => {
    const start = startWritten({ authorizationServerMetadata: { ...written, issuer: 'http://login.example' } })
    await expect(start).rejects.toThrow(ConfigurationError)
  })
})

it('adds members to the resource metadata, and lets none of them change whose resource it is', async () => {
  const server = await startRemote({
    otherResources: [],
    resourceMetadata: {
      resource_documentation: 'https://docs.example/mcp',
      resource_policy_uri: 'https://docs.example/policy',
      resource: 'https://evil.example/mcp',
      authorization_servers: ['https://evil.example'],
      bearer_methods_supported: ['query'],
    },
  })
  expect((await send(`${server.origin}/.well-known/oauth-protected-resource/mcp`)).json()).toEqual({
    resource: server.mcpURL,
    authorization_servers: [server.idp.issuer],
    scopes_supported: ['read'],
    bearer_methods_supported: ['header'],
    resource_documentation: 'https://docs.example/mcp',
    resource_policy_uri: 'https://docs.example/policy',
  })
})
