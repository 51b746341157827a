/** The gate in front of the MCP endpoint. @module */
import type { Store } from '@mcp-auth/core'
import { fakeIdPUsers } from '@mcp-auth/core/mocks'
import { expect, it } from 'vitest'
import { send } from '../browser.ts'
import { callMCP, login, tokenRequest } from '../client.ts'
import { type AdapterHost, paths } from '../host.ts'
import { startHost } from '../server.ts'
import { openWire, requestText } from '../wire.ts'

/** A store that fails in a way nobody planned for, with a text that must not get out. */
function broken(store: Store): Store & { breakDown(): void } {
  let isBroken = false
  const check = <T>(action: () => T): T => {
    if (isBroken) throw new RangeError('secret detail of the store')
    return action()
  }
  return {
    breakDown: () => {
      isBroken = true
    },
    get: async (key) => await check(async () => await store.get(key)),
    set: async (...all) => await check(async () => await store.set(...all)),
    delete: async (key) => await check(async () => await store.delete(key)),
    take: async (key) => await check(async () => await store.take(key)),
    compareAndSwap: async (...all) => await check(async () => await store.compareAndSwap(...all)),
  }
}

export function gateContract(host: AdapterHost): void {
  it('leaves the body to the MCP endpoint as it came', async () => {
    const server = await startHost(host)
    const { access_token } = await login(server)
    const message = {
      jsonrpc: '2.0',
      id: 1,
      params: { text: 'ä€\u{1F600}\\"\n', more: 'x'.repeat(200_000), list: [1, 2] },
    }
    const answer = await callMCP(server, access_token, { body: JSON.stringify(message, null, 2) })
    expect(answer.status).toBe(200)
    expect(answer.json()['body']).toEqual(message)
  })

  it('leaves a body that is still arriving to the MCP endpoint', async () => {
    const server = await startHost(host)
    const { access_token } = await login(server)
    const headers = [
      `Host: ${new URL(server.origin).host}`,
      `Authorization: Bearer ${access_token}`,
      'Content-Type: application/json',
    ]
    const wire = await openWire(server.origin)
    const request = requestText('POST /mcp', headers, '{"id":"slow"}')
    wire.write(request.slice(0, -8))
    expect((await send(`${server.origin}/jwks`)).status).toBe(200)
    wire.write(request.slice(-8))
    expect(JSON.parse((await wire.response()).text)).toMatchObject({ body: { id: 'slow' } })
    wire.drop()
  })

  it('gives the session to the endpoint, and the same where the MCP SDK looks', async () => {
    const server = await startHost(host)
    const { access_token, client } = await login(server)
    const answer = await callMCP(server, access_token, { body: '{}' })
    expect(answer.json()).toMatchObject({
      subject: fakeIdPUsers.nelly.subject,
      scopes: ['identify'],
      sdkClientId: client.client_id,
    })
  })

  it('shows the caller to tools of the official SDK', async () => {
    const server = await startHost(host)
    const { access_token } = await login(server)
    const answer = await send(server.origin + paths.sdk, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${access_token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami', arguments: {} } }),
    })
    expect(answer.status).toBe(200)
    expect(answer.text).toContain(`sub ${fakeIdPUsers.nelly.subject}`)
  })

  it.each(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'])(
    'A033 A034 refuses %s without a token before the endpoint runs',
    async (method) => {
      const server = await startHost(host)
      const answer = await callMCP(server, undefined, { method })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer .*resource_metadata="/)
      expect(server.calls).toEqual([])
    },
  )

  it('A033 refuses the second call of a connection when it brings no token', async () => {
    const server = await startHost(host)
    const { access_token } = await login(server)
    const wire = await openWire(server.origin)
    const common = [`Host: ${new URL(server.origin).host}`, 'Content-Type: application/json']
    wire.write(requestText('POST /mcp', [...common, `Authorization: Bearer ${access_token}`], '{}'))
    expect((await wire.response()).status).toBe(200)
    wire.write(requestText('POST /mcp', common, '{}'))
    expect((await wire.response()).status).toBe(401)
    expect(server.calls).toHaveLength(1)
    wire.drop()
  })

  it('A034 refuses a call before its body is parsed: a malformed one gets the same 401', async () => {
    const server = await startHost(host)
    for (const body of ['{', '[[[', `"${'x'.repeat(2_000_000)}"`]) {
      expect((await callMCP(server, undefined, { body })).status).toBe(401)
    }
    expect(server.calls).toEqual([])
  })

  it('A038 A039 refuses a token that lacks a scope of the gate, naming all of them', async () => {
    const server = await startHost(host)
    const { access_token } = await login(server)
    const headers = { authorization: `Bearer ${access_token}` }
    const refused = await send(server.origin + paths.guilds, { headers })
    expect(refused.status).toBe(403)
    expect(refused.headers.get('www-authenticate')).toContain('error="insufficient_scope"')
    expect(refused.headers.get('www-authenticate')).toContain('scope="identify guilds"')
    const wider = await login(server, { over: { scope: 'identify guilds' } })
    const allowed = await send(server.origin + paths.guilds, {
      headers: { authorization: `Bearer ${wider.access_token}` },
    })
    expect([allowed.status, allowed.text]).toEqual([200, expect.stringContaining('guilds')])
  })

  it('A064 adds CORS headers for origins that may call to what the endpoint answers, and to refusals', async () => {
    const origin = 'https://inspector.example'
    const server = await startHost(host, { allowedOrigins: [origin] })
    const { access_token } = await login(server)
    const good = await callMCP(server, access_token, { headers: { origin }, body: '{}' })
    const refused = await callMCP(server, undefined, { headers: { origin }, body: '{}' })
    expect([good.status, refused.status]).toEqual([200, 401])
    for (const answer of [good, refused]) {
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
      expect(answer.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate')
      expect(answer.headers.get('vary')).toContain('Origin')
    }
    const same = await callMCP(server, access_token, { body: '{}' })
    expect(same.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('A064 adds CORS headers to what a transport of the SDK writes itself', async () => {
    const origin = 'https://inspector.example'
    const server = await startHost(host, { allowedOrigins: [origin] })
    const { access_token } = await login(server)
    const answer = await send(server.origin + paths.sdk, {
      method: 'POST',
      headers: { origin, authorization: `Bearer ${access_token}`, 'content-type': 'application/json', accept: '*/*' },
      body: '{}',
    })
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
  })

  it('A035 refuses a foreign Origin with 403, with a valid token too', async () => {
    const server = await startHost(host)
    const { access_token } = await login(server)
    const answer = await callMCP(server, access_token, { headers: { origin: 'https://evil.example' }, body: '{}' })
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([403, null])
    expect(server.calls).toEqual([])
  })

  it('A112 answers trouble of its own with 5xx in the words of OAuth, without a stack or a text of what broke', async () => {
    let store: ReturnType<typeof broken> | undefined
    const wrapStore = (inner: Store): Store => {
      store = broken(inner)
      return store
    }
    const server = await startHost(host, { wrapStore })
    const tokens = await login(server)
    store?.breakDown()
    const answers = [
      await callMCP(server, tokens.access_token, { body: '{}' }),
      await tokenRequest(server, tokens.client, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }),
      await send(`${server.origin}/auth/callback?state=x&code=y`),
    ]
    for (const answer of answers) {
      expect(answer.status).toBeGreaterThanOrEqual(500)
      expect(answer.headers.get('www-authenticate')).toBeNull()
      expect(answer.text).not.toMatch(/RangeError|secret detail|\bat .*\.[jt]s|node_modules/)
    }
    expect(server.calls).toEqual([])
  })

  it('hands an endpoint that throws to the framework, and goes on serving', async () => {
    const server = await startHost(host)
    const { access_token } = await login(server)
    const headers = { authorization: `Bearer ${access_token}` }
    expect((await send(server.origin + paths.broken, { headers })).status).toBe(500)
    expect((await callMCP(server, access_token, { body: '{}' })).status).toBe(200)
  })
}

/** For adapters that keep the session. */
export function sessionContract(host: AdapterHost): void {
  it('says what is missing when a session is read where no gate is', async () => {
    const server = await startHost(host)
    const { access_token } = await login(server)
    const headers = { authorization: `Bearer ${access_token}` }
    const answer = await send(server.origin + paths.ungated, { headers })
    expect(answer.text).toContain('TypeError: no auth session: put requireBearerAuth(auth) in front of this route')
  })
}
