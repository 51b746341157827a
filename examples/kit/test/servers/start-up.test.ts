import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../../packages/store-redis/test/support/free-port.ts'
import { login, openSession, sessionHeaders } from './support/client.ts'
import { examples, refusal, runServer, startServer } from './support/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'start-up-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** `fetch` does not let a `Host` through. */
async function statusAtHost(url: string, host: string): Promise<number | undefined> {
  const [answer] = await once(get(url, { headers: { host } }), 'response')
  answer.resume()
  return answer.statusCode
}

describe.each(examples)('%s', (example) => {
  it('K001 prints one ready line with an address that answers, and everything else on standard error', async () => {
    const server = await runServer(example)
    expect(server.stdout()).toBe(`mcp-auth ready ${server.mcpURL}\n`)
    expect((await fetch(server.mcpURL, { method: 'POST' })).status).toBe(401)
    expect(server.stderr()).toMatch(/^A fake Discord is running at http:\/\/127\.0\.0\.1:\d+/)
    await server.stop()
  })

  it('K002 refuses an unknown MCP_AUTH_ variable by its name and says which one may be meant', async () => {
    const line = await refusal(startServer(example, { MCP_AUTH_ACCES_TOKEN_TTL: '60' }))
    expect(line).toContain('MCP_AUTH_ACCES_TOKEN_TTL')
    expect(line).toContain('did you mean MCP_AUTH_ACCESS_TOKEN_TTL?')
  })

  it('K003a refuses scopes that Discord has but nobody may be asked for', async () => {
    const line = await refusal(startServer(example, { MCP_AUTH_SCOPES: 'bot' }))
    expect(line).toMatch(/^configuration error: MCP_AUTH_SCOPES: /)
  })

  it('refuses an address of Discord that is http and not on this machine', async () => {
    const application = { DISCORD_CLIENT_ID: '157730590492196864', DISCORD_CLIENT_SECRET: 'secret' }
    const line = await refusal(startServer(example, { ...application, DISCORD_API_URL: 'http://discord.example/api' }))
    expect(line).toMatch(/^configuration error: DISCORD_API_URL: must begin with https/)
  })

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'K004 drains at %s and exits 0, whatever connections are open',
    async (signal) => {
      const server = await runServer(example)
      const { port } = new URL(server.mcpURL)
      const silent = connect(Number(port), '127.0.0.1').on('error', () => {})
      await once(silent, 'connect')
      const token = await login(server)
      const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' }
      const session = sessionHeaders(await openSession(server, token))
      const stream = await fetch(server.mcpURL, { headers: { ...headers, ...session } })
      expect(stream.status).toBe(200)
      const began = performance.now()
      server.kill(signal)
      expect(await server.exit).toEqual({ code: 0, signal: null })
      expect(performance.now() - began).toBeLessThan(5000)
      expect(await stream.text()).toBe('')
    },
  )

  it('K005 puts the port that was picked into everything it publishes', async () => {
    const server = await runServer(example, { PORT: '0' })
    expect(new URL(server.mcpURL).port).not.toBe('0')
    const metadata = await fetch(`${server.origin}/.well-known/oauth-protected-resource/mcp`)
    expect(await metadata.json()).toMatchObject({ resource: server.mcpURL, authorization_servers: [server.origin] })
    await server.stop()
  })

  it('A065 serves a base URL with a path, and claims nothing for the origin without it', async () => {
    const baseURL = `http://127.0.0.1:${await freePort()}/team-a`
    const server = await runServer(example, { MCP_AUTH_BASE_URL: baseURL, PORT: new URL(baseURL).port })
    expect(server.mcpURL).toBe(`${baseURL}/mcp`)
    const metadata = await fetch(`${server.origin}/.well-known/oauth-authorization-server/team-a`)
    expect(await metadata.json()).toMatchObject({ issuer: baseURL, token_endpoint: `${baseURL}/token` })
    const others = ['/.well-known/oauth-authorization-server', '/mcp'].map((path) => fetch(server.origin + path))
    const answers = [await fetch(server.mcpURL), await fetch(`${baseURL}/token`), ...(await Promise.all(others))]
    expect(answers.map(({ status }) => status)).toEqual([401, 405, 404, 404])
    await server.stop()
  })

  it('A067 lets in no web page of another origin and no request to another host', async () => {
    const server = await runServer(example)
    const page = await fetch(server.mcpURL, { method: 'POST', headers: { origin: 'https://evil.example' } })
    expect([page.status, await statusAtHost(server.mcpURL, 'evil.example')]).toEqual([403, 403])
    expect(await statusAtHost(server.mcpURL, `localhost:${new URL(server.mcpURL).port}`)).toBe(401)
    await server.stop()
  })

  it('D3 counts registrations against the address that sends them', async () => {
    const server = await runServer(example)
    const post = async (): Promise<number> => (await fetch(`${server.origin}/register`, { method: 'POST' })).status
    const statuses = await Promise.all(Array.from({ length: 260 }, post))
    expect(new Set(statuses)).toEqual(new Set([400, 429]))
    await server.stop()
  })

  it('K006 tells whether it is up and whether its store answers, and nothing about itself', async () => {
    const server = await runServer(example)
    const answers = await Promise.all(['/healthz', '/readyz', '/nowhere'].map((path) => fetch(server.origin + path)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404])
    expect(answers.map(({ headers }) => headers.get('x-powered-by'))).toEqual([null, null, null])
    expect(await answers[2]?.json()).toEqual({ error: 'not_found' })
    await server.stop()
  })

  it('warns when there is no root secret', async () => {
    const server = await runServer(example, { MCP_AUTH_SECRET: undefined })
    expect(server.stderr()).toMatch(/^MCP_AUTH_SECRET is not set: a random one is used/m)
    await server.stop()
  })

  it('keeps the audit log for its owner only, also when the file is older', async () => {
    const fresh = join(folder, 'fresh.log')
    const old = join(folder, 'old.log')
    writeFileSync(old, '')
    chmodSync(old, 0o644)
    for (const file of [fresh, old]) {
      const server = await runServer(example, { MCP_AUTH_AUDIT_LOG: file })
      await server.stop()
      expect(statSync(file).mode & 0o777).toBe(0o600)
    }
  })
})
