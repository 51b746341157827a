/** Whole sign-ins: as they come, under a path, and behind proxies. @module */
import { expect, it } from 'vitest'
import { formsOf } from '../../support/forms.ts'
import { createBrowser, reachAt, send } from '../browser.ts'
import { authorizeURL, callMCP, login, newClient, newPKCE, openConsent, refresh } from '../client.ts'
import { startForwarder } from '../forwarder.ts'
import { type AdapterHost, nothingHere } from '../host.ts'
import { type AdapterServer, startHost } from '../server.ts'

/** What the headers below would leave in a page or a URL; no random text holds it by chance. */
const spoofing = /evil\.example|evil-path|gopher:|:666/

const spoofed = {
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'gopher',
  'x-forwarded-port': '666',
  'x-forwarded-prefix': '/evil-path',
  'x-original-url': '/evil-path',
  'x-rewrite-url': '/evil-path',
  forwarded: 'host=evil.example;proto=gopher',
}

/** What the server publishes, as texts. */
async function published(server: AdapterServer, headers: Readonly<Record<string, string>>): Promise<string[]> {
  const { jwks_uri, issuer } = server.auth.metadata.authorizationServer
  const { pathname } = new URL(server.mcpURL)
  const origin = new URL(issuer).origin
  const documents = [
    `${origin}/.well-known/oauth-authorization-server`,
    `${origin}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-protected-resource`,
    `${origin}/.well-known/oauth-protected-resource${pathname}`,
    String(jwks_uri),
  ]
  return await Promise.all(
    documents.map(async (document) => {
      const answer = await send(document, { headers })
      return `${answer.status} ${answer.text}`
    }),
  )
}

/** Logs in, calls the MCP endpoint, refreshes, calls again; the subjects seen. */
async function useIt(server: AdapterServer): Promise<unknown[]> {
  const tokens = await login(server)
  const first = await callMCP(server, tokens.access_token, { body: '{}' })
  const refreshed = await refresh(server, tokens.client, tokens.refresh_token)
  const second = await callMCP(server, String(refreshed.json()['access_token']), { body: '{}' })
  return [first, refreshed, second].map((answer) => answer.status)
}

export function loginContract(host: AdapterHost): void {
  it('logs in, calls the MCP endpoint, refreshes and calls it again', async () => {
    const server = await startHost(host)
    expect(await useIt(server)).toEqual([200, 200, 200])
    expect(server.calls).toHaveLength(2)
  })

  it('A119 revokes a token: the next call with it is refused', async () => {
    const server = await startHost(host)
    const tokens = await login(server)
    const revoked = await send(String(server.auth.metadata.authorizationServer.revocation_endpoint), {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ token: tokens.access_token, client_id: tokens.client.client_id }).toString(),
    })
    expect(revoked.status).toBe(200)
    expect((await callMCP(server, tokens.access_token, { body: '{}' })).status).toBe(401)
  })

  it('A067 publishes the same bytes whatever Host, Forwarded and X-Forwarded-* say', async () => {
    const server = await startHost(host)
    const plain = await published(server, {})
    expect(plain.filter((text) => text.startsWith('200 '))).toHaveLength(5)
    expect(await published(server, { ...spoofed, host: 'evil.example' })).toEqual(plain)
    expect(await published(server, { ...spoofed, host: 'evil.example:443' })).toEqual(plain)
  })

  it('A067 shows a consent page that posts to the configured server, and sends to the IdP with the configured callback, whatever Host says', async () => {
    const server = await startHost(host)
    const { origin } = server
    const browser = createBrowser()
    const url = authorizeURL(server, await newClient(server), newPKCE().challenge)
    const headers = { ...spoofed, host: 'evil.example' }
    const page = await browser.load(url, { headers })
    const [form] = formsOf(page.text, url)
    expect(form?.action).toBe(`${origin}/consent`)
    expect(page.text).not.toMatch(spoofing)
    const approved = await browser.load(String(form?.action), {
      method: 'POST',
      from: url,
      headers: { ...headers, origin, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ ...form?.fields, decision: 'approve' }).toString(),
    })
    expect(approved.status).toBe(303)
    expect(new URL(String(approved.location)).searchParams.get('redirect_uri')).toBe(`${origin}/auth/callback`)
    expect(decodeURIComponent(String(approved.location))).not.toMatch(spoofing)
  })

  it('A028 A067 challenges with the configured metadata URL, whatever X-Forwarded-* say', async () => {
    const server = await startHost(host)
    const answer = await callMCP(server, undefined, { headers: spoofed })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toContain(
      `resource_metadata="${server.origin}/.well-known/oauth-protected-resource/mcp"`,
    )
    expect(answer.headers.get('www-authenticate')).not.toMatch(spoofing)
  })

  it('A065 serves an issuer with a path: all of it under the path, the documents where RFC 8414 and RFC 9728 put them', async () => {
    const server = await startHost(host, { path: '/team-a' })
    expect(server.mcpURL).toBe(`${server.origin}/team-a/mcp`)
    expect(await useIt(server)).toEqual([200, 200, 200])
    for (const document of ['oauth-authorization-server/team-a', 'oauth-protected-resource/team-a/mcp']) {
      expect((await send(`${server.origin}/.well-known/${document}`)).status).toBe(200)
    }
    for (const path of ['/authorize', '/token', '/jwks']) {
      const answer = await send(server.origin + path)
      expect([answer.status, answer.text]).toEqual([404, nothingHere])
    }
  })

  it('A067 logs in through a proxy that has its own Host and adds forwarded headers of its own', async () => {
    const proxy = await startForwarder('backend.internal:8080')
    const server = await startHost(host, { publicOrigin: proxy.origin, allowedHosts: ['backend.internal'] })
    proxy.target(server.origin)
    expect(server.mcpURL).toBe(`${proxy.origin}/mcp`)
    expect(await useIt(server)).toEqual([200, 200, 200])
  })

  it('A036 refuses the MCP endpoint under a Host that is not configured, with a valid token too', async () => {
    const proxy = await startForwarder('backend.internal:8080')
    const server = await startHost(host, { publicOrigin: proxy.origin })
    proxy.target(server.origin)
    const { access_token } = await login(server)
    const answer = await callMCP(server, access_token, { body: '{}' })
    expect(answer.status).toBe(403)
    expect(server.calls).toEqual([])
  })

  it('A100 logs in behind a proxy where TLS ends: cookies are `__Host-` and Secure', async () => {
    const publicOrigin = 'https://mcp.example'
    const server = await startHost(host, { publicOrigin })
    reachAt(publicOrigin, server.origin)
    const page = await openConsent(server, await newClient(server), createBrowser())
    const [cookie = ''] = page.headers.getSetCookie().filter((line) => line.includes('mcpauth'))
    expect(cookie).toMatch(/^__Host-mcpauth-.*; Path=\/.*; HttpOnly; SameSite=Lax; Secure$/)
    expect(await useIt(server)).toEqual([200, 200, 200])
  })
}
