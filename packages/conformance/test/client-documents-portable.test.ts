/** Where a program cannot choose the address it connects to, nobody is fetched from: the portable twin of the platform. */
import { describe, expect, it, vi } from 'vitest'
import { platform } from '../../core/src/platform/portable.ts'
import { outcome } from './support/answers.ts'
import { createBrowser } from './support/browser.ts'
import { callMCP, login, openConsent, redirectURI, refresh, register } from './support/client.ts'
import { clientDocument, startDocumentHost } from './support/document-host.ts'
import { newForgeKey } from './support/forge.ts'
import { localPage, shownBy } from './support/pages.ts'
import { createSecureServer, startServer } from './support/start.ts'

vi.mock(import('#platform'), async () => ({ platform: (await import('../../core/src/platform/portable.ts')).platform }))

const client = { client_id: 'https://client.example/client.json' }

describe('without a guarded fetch', () => {
  it('A069 D1 takes no URL for a client, and does not say that it does', async () => {
    expect(platform.fetchPublicDocument).toBeUndefined()
    const canary = await startDocumentHost()
    const server = await startServer({
      httpsHosts: ['localhost'],
      clientIdMetadata: { dangerouslyAllowedHosts: [canary.authority] },
    })
    expect(server.auth.metadata.authorizationServer).not.toHaveProperty('client_id_metadata_document_supported')
    const named = { client_id: `${canary.origin}/client.json` }
    expect(shownBy(await openConsent(server, named, createBrowser()))).toEqual(localPage(400))
    expect(outcome(await refresh(server, named, 'x'))).toBe('401 invalid_client')
    expect(canary.connections()).toBe(0)
  })

  it('A062 takes keys that come along, and none that it could never fetch', async () => {
    const server = await startServer()
    const metadata = { token_endpoint_auth_method: 'private_key_jwt' }
    const jwks = { keys: [newForgeKey().publicJwk] }
    expect(outcome(await register(server, { ...metadata, jwks }))).toBe('201')
    const far = await register(server, { ...metadata, jwks_uri: 'https://client.example/jwks' })
    expect(outcome(far)).toBe('400 invalid_client_metadata')
  })

  it('A069 does not start where it is asked to do what it cannot', () => {
    expect(() => createSecureServer({ clientIdMetadata: { enabled: true } })).toThrow(
      /^clientIdMetadata\.enabled: needs/,
    )
    const known = { client_id: 'known', redirect_uris: [redirectURI], token_endpoint_auth_method: 'private_key_jwt' }
    const clients = [{ ...known, jwks_uri: 'https://client.example/jwks' }]
    expect(() => createSecureServer({ clients })).toThrow(/^clients: the jwks_uri of "known" cannot be fetched/)
  })
})

describe('with a guarded fetch of your own', () => {
  it('A069 A070 D1 signs a client in, and asks for it within bounds', async () => {
    const asked: unknown[] = []
    const server = await startServer({
      clientIdMetadata: {
        dangerouslyAllowedHosts: ['intranet.example:8443'],
        fetch: async (url, { maxBytes, timeoutMilliseconds, dangerouslyAllowedHosts }) => {
          asked.push([url.href, maxBytes, timeoutMilliseconds, [...dangerouslyAllowedHosts]])
          const headers = new Headers({ 'content-type': 'application/json' })
          return await Promise.resolve({ status: 200, headers, text: JSON.stringify(clientDocument(url.href)) })
        },
      },
    })
    expect(server.auth.metadata.authorizationServer.client_id_metadata_document_supported).toBe(true)
    const tokens = await login(server, { client })
    expect((await callMCP(server, tokens.access_token)).status).toBe(200)
    expect(asked).toEqual([[client.client_id, 5120, 5000, ['intranet.example:8443']]])
  })

  it('D9 A112 takes whatever it throws for a host that is away, and tells nobody what it said', async () => {
    const server = await startServer({
      clientIdMetadata: { fetch: async () => await Promise.reject(new Error('proxy.internal:3128 said no')) },
    })
    const page = await openConsent(server, client, createBrowser())
    expect(shownBy(page)).toEqual(localPage(503))
    const answer = await refresh(server, client, 'x')
    expect(outcome(answer)).toBe('503 temporarily_unavailable')
    expect(page.text + answer.text).not.toContain('proxy.internal')
  })
})
