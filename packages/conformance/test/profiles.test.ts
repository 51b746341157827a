/** What known clients send, replayed: discovery, registration or document, consent, code, token, call, refresh. */
import { redirectURIPresets } from '@mcp-auth/core'
import { describe, expect, it } from 'vitest'
import { jwtPart, outcome } from './support/answers.ts'
import { type Answer, createBrowser, send } from './support/browser.ts'
import { authorize, callMCP, newClient, type Overrides, openConsent } from './support/client.ts'
import { localPage, pageText, shownBy } from './support/pages.ts'
import {
  asked,
  discover,
  firstOf,
  identify,
  logIn,
  type Profile,
  profileOf,
  profiles,
  redeem,
  refresh,
  start,
} from './support/profiles.ts'

const names = Object.keys(profiles)

describe('every client', () => {
  it('is there, with a preset of its own', () => {
    const expected = Object.keys(redirectURIPresets).filter((name) => name !== 'loopback')
    expect(
      Object.values(profiles)
        .map(({ preset }) => preset)
        .toSorted(),
    ).toEqual(expected.toSorted())
  })

  it.each(names)('%s: each fact says where it is from', (name) => {
    const { facts, discovery, registration, authorize: request, token, refresh: again, mcp } = profileOf(name)
    const parts = { discovery, registration, authorize: request, token, refresh: again, mcp }
    expect(Object.keys(parts).filter((part) => !(part in facts) && !coversAll(part, parts, facts))).toEqual([])
    for (const { confidence, sources } of Object.values(facts)) {
      expect(['documented', 'observed', 'reported', 'assumed']).toContain(confidence)
      expect(sources.length > 0).toBe(confidence !== 'assumed')
      expect(sources.every((source) => URL.canParse(source))).toBe(true)
    }
  })

  it.each(names)(
    'A028 A053 A055 A057 A059 A024 A041 A047 A091 %s discovers, is known, logs in, calls and refreshes',
    async (name) => {
      const session = await start(name)
      const { server, profile } = session
      const client = await identify(session, await discover(session))
      const { answer, authorization } = await redeem(session, client)
      expect(authorization.answer.location?.startsWith(`${profile.authorize.redirect_uri}?`)).toBe(true)
      expect(authorization.parameters.get('state')).toBe('client-state')
      expect(authorization.parameters.get('iss')).toBe(server.auth.metadata.authorizationServer.issuer)
      expect([answer.status, answer.json()['token_type']]).toEqual([200, 'Bearer'])
      const tokens = answer.json()
      const call = async (token: unknown): Promise<Answer> =>
        await callMCP(server, String(token), { headers: { ...profile.mcp.headers } })
      const called = await call(tokens['access_token'])
      expect([called.status, called.json()['clientId']]).toEqual([200, client.client_id])
      server.clock.advance(3601)
      expect((await call(tokens['access_token'])).status).toBe(401)
      const refreshed = await refresh(session, client, tokens)
      expect([refreshed.status, refreshed.json()['scope']]).toEqual([200, tokens['scope']])
      const next = refreshed.json()
      expect(next['refresh_token']).not.toBe(tokens['refresh_token'])
      for (const { access_token } of [tokens, next]) {
        expect(jwtPart(String(access_token), 'payload')['aud']).toBe(server.mcpURL)
      }
      expect((await call(next['access_token'])).status).toBe(200)
    },
  )
})

/** Whether a fact is given for each member of a part. */
function coversAll(part: string, parts: Readonly<Record<string, object>>, facts: Profile['facts']): boolean {
  return Object.keys(parts[part] ?? {}).every((member) => `${part}.${member}` in facts)
}

describe('what one client is known for', () => {
  it('A053 A062 Claude: the resource is the URL that was typed, byte for byte, and `none` is listed', async () => {
    const session = await start('claude')
    const metadata = await discover(session)
    const resource = await firstOf(session, session.profile.discovery.resource)
    expect(resource['resource']).toBe(`${session.server.origin}/mcp`)
    expect(metadata['token_endpoint_auth_methods_supported']).toContain('none')
  })

  it('A042 Claude: asking for every scope in the metadata is fine', async () => {
    const session = await start('claude')
    const { tokens } = await logIn(session)
    const listed = session.server.auth.metadata.authorizationServer.scopes_supported
    expect(String(tokens['scope']).split(' ').toSorted()).toEqual([...listed].toSorted())
  })

  it.each(['http://localhost:59430/callback', 'http://127.0.0.1:52163/callback'])(
    'A003 A070 Claude Code: the document names no port, the request one: %s',
    async (redirect_uri) => {
      const session = await start('claude-code')
      const client = await identify(session, await discover(session))
      const { answer } = await authorize(session.server, { client, over: { ...asked(session), redirect_uri } })
      expect(answer.location?.startsWith(`${redirect_uri}?code=`)).toBe(true)
    },
  )

  it('A098 Claude Code: processes that share a refresh token get the same answer, and stay signed in', async () => {
    const session = await start('claude-code')
    const { client, tokens } = await logIn(session)
    const count = session.profile.refresh.parallel ?? 0
    expect(count).toBeGreaterThan(1)
    const answers = await Promise.all(Array.from({ length: count }, async () => await refresh(session, client, tokens)))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(new Set(answers.map((answer) => answer.json()['refresh_token'])).size).toBe(1)
    const [first] = answers
    expect((await refresh(session, client, first?.json() ?? {})).status).toBe(200)
  })

  it('A047 A056 ChatGPT: the bare origin is a name of the resource, and `offline_access` is in one document only', async () => {
    const session = await start('chatgpt')
    const metadata = await discover(session)
    const resource = await firstOf(session, session.profile.discovery.resource)
    expect(metadata['scopes_supported']).toContain('offline_access')
    expect(resource['scopes_supported']).not.toContain('offline_access')
    expect(asked(session)['resource']).toBe(`${session.server.origin}/`)
    const { tokens } = await logIn(session)
    expect(jwtPart(String(tokens['access_token']), 'payload')['aud']).toBe(`${session.server.origin}/mcp`)
    expect(tokens['refresh_token']).toEqual(expect.any(String))
  })

  it('A048 ChatGPT: the bare origin names nothing where there are two resources', async () => {
    const session = await start('chatgpt')
    const otherResources = [{ resource: `${session.server.origin}/other` }]
    const { server } = await start('chatgpt', { otherResources })
    const client = await newClient(server, { redirect_uris: [session.profile.authorize.redirect_uri] })
    const over = { redirect_uri: session.profile.authorize.redirect_uri, resource: `${server.origin}/` }
    const page = await openConsent(server, client, createBrowser(), over)
    expect(page.text + (page.location ?? '')).toContain('invalid_target')
  })

  it('A116 A045 ChatGPT: an assertion for the token endpoint is good only where the operator said so', async () => {
    const session = await start('chatgpt', { dangerouslyAllowTokenEndpointAudience: false })
    const client = await identify(session, await discover(session))
    const { answer } = await redeem(session, client)
    expect(outcome(answer)).toBe('401 invalid_client')
  })

  it('A052 A043 Codex: no resource, and a secret in the header although it registered to put it in the body', async () => {
    const session = await start('codex')
    expect(asked(session)['resource']).toBeUndefined()
    const { client, tokens } = await logIn(session)
    expect(client).toMatchObject({
      token_endpoint_auth_method: 'client_secret_post',
      client_secret: expect.any(String),
    })
    expect(jwtPart(String(tokens['access_token']), 'payload')['aud']).toBe(session.server.mcpURL)
  })

  it('A092 A093 Codex: a refresh token of an earlier generation ends the grant, and a new login works', async () => {
    const session = await start('codex')
    expect(session.profile.refresh.stale).toBe(true)
    const { client, tokens } = await logIn(session)
    const next = await refresh(session, client, tokens)
    session.server.clock.advance(31)
    expect(outcome(await refresh(session, client, tokens))).toBe('400 invalid_grant')
    expect(outcome(await refresh(session, client, next.json()))).toBe('400 invalid_grant')
    expect((await redeem(session, client)).answer.status).toBe(200)
  })

  it('A081 A003 Cursor: all three redirect URIs are kept, and each of them works', async () => {
    const session = await start('cursor')
    const client = await identify(session, await discover(session))
    const { redirect_uris } = session.profile.registration.metadata
    expect(redirect_uris).toHaveLength(3)
    expect(client).toMatchObject({ redirect_uris })
    for (const redirect_uri of redirect_uris) {
      const { answer } = await authorize(session.server, { client, over: { ...asked(session), redirect_uri } })
      expect(answer.location?.startsWith(`${redirect_uri}?code=`)).toBe(true)
    }
  })

  it.each(['http://127.0.0.1:59656/', 'http://127.0.0.1:33418/', 'https://vscode.dev/redirect'])(
    'A003 A050 VS Code: comes back to %s, and puts a slash behind the resource',
    async (redirect_uri) => {
      const session = await start('vscode')
      const client = await identify(session, await discover(session))
      const over: Overrides = { ...asked(session), redirect_uri }
      expect(over['resource']).toBe(`${session.server.mcpURL}/`)
      const { answer } = await authorize(session.server, { client, over })
      expect(answer.location?.startsWith(`${redirect_uri}?code=`)).toBe(true)
    },
  )

  it('A001 A045 mcp-remote: for a registration that is gone, a page tells the person and an error the program', async () => {
    const session = await start('mcp-remote', { lifetimes: { clientRegistration: 60 } })
    const { client, tokens } = await logIn(session)
    session.server.clock.advance(3601)
    const page = await openConsent(session.server, client, createBrowser(), asked(session))
    expect(shownBy(page)).toEqual(localPage(400))
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(pageText(page)).toMatch(/remove.*add/i)
    const answer = await refresh(session, client, tokens)
    expect(outcome(answer)).toBe('401 invalid_client')
    expect(answer.headers.get('content-type')).toBe('application/json')
  })

  it('A064 the Inspector: reads the 401, and every preflight is answered without a token, for all its headers', async () => {
    const { server, profile } = await start('inspector')
    const headers = profile.mcp.preflight ?? []
    const origin = profile.mcp.headers['origin'] ?? ''
    const refused = await callMCP(server, undefined, { headers: { origin } })
    expect(refused.status).toBe(401)
    expect(['*', origin]).toContain(refused.headers.get('access-control-allow-origin'))
    expect(refused.headers.get('access-control-expose-headers')?.toLowerCase()).toContain('www-authenticate')
    const paths = [...profile.discovery.resource, ...profile.discovery.server, '/register', '/token', '/mcp']
    for (const path of paths) {
      const asking = { 'access-control-request-method': 'POST', 'access-control-request-headers': headers.join(',') }
      const answer = await send(server.origin + path, { method: 'OPTIONS', headers: { origin, ...asking } })
      const allowed = answer.headers.get('access-control-allow-headers')?.toLowerCase().split(/, */)
      expect([path, answer.status]).toEqual([path, 204])
      expect(allowed).toEqual(expect.arrayContaining([...headers]))
    }
    expect(headers).toContain('mcp-session-id')
  })

  it('A053 Gemini CLI: compares the resource as a text, and looks in places where nothing is', async () => {
    const session = await start('gemini-cli')
    const { server } = session
    const resource = await firstOf(session, session.profile.discovery.resource)
    expect(resource['resource']).toBe(server.mcpURL)
    const nested = '/.well-known/oauth-protected-resource/.well-known/oauth-protected-resource/mcp'
    expect((await send(server.origin + nested)).status).toBe(404)
    const [, openid] = session.profile.discovery.server
    const metadata = await send(server.origin + openid)
    expect(metadata.json()['issuer']).toBe(server.auth.metadata.authorizationServer.issuer)
  })

  it('A070 A072 opencode: its document is its registration, and a path that is not in it leads nowhere', async () => {
    const session = await start('opencode')
    const client = await identify(session, await discover(session))
    expect(client.client_id).toBe(session.documentURL)
    const over = { ...asked(session), redirect_uri: 'http://127.0.0.1:19876/mcp/oauth/callback' }
    expect(shownBy(await openConsent(session.server, client, createBrowser(), over))).toEqual(localPage(400))
  })
})
