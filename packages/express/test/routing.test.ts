import { readdirSync, readFileSync } from 'node:fs'
import express, { Router } from 'express'
import { describe, expect, it } from 'vitest'
import { mcpAuth, readAuthSession, requireBearerAuth } from '../src/index.ts'
import { startApp, type TestApp } from './support/app.ts'
import { login, openConsent, register } from './support/login.ts'
import { exchange } from './support/raw.ts'

const metadata = '/.well-known/oauth-authorization-server'

const start = async (): Promise<TestApp> =>
  await startApp((app, auth) => {
    app.use(mcpAuth(auth))
    app.all('/mcp', requireBearerAuth(auth), (request, response) => {
      response.json({ subject: readAuthSession(request).subject })
    })
  })

it('A067 D4 publishes the same bytes for a foreign Host, an absolute target and forwarding headers', async () => {
  const app = await start()
  const plain = await (await fetch(app.origin + metadata)).text()
  expect(JSON.parse(plain)).toMatchObject({ issuer: app.origin })
  const requests = [
    [`GET ${metadata} HTTP/1.1`, 'Host: evil.example'],
    [`GET ${metadata} HTTP/1.1`, 'Host: '],
    [`GET ${metadata}?x=//evil.example HTTP/1.1`, `Host: ${app.host}`],
    [`GET http://evil.example${metadata} HTTP/1.1`, 'Host: evil.example'],
    [`GET https://${app.host}${metadata} HTTP/1.1`, `Host: ${app.host}`],
    [`GET ${metadata} HTTP/1.1`, `Host: ${app.host}`, 'X-Forwarded-Host: evil.example', 'Forwarded: host=evil.example'],
    [`GET ${metadata} HTTP/1.0`],
  ]
  for (const lines of requests) {
    const answer = await exchange(app, lines)
    expect([lines, answer.status]).toEqual([lines, 200])
    expect(answer.body).toContain(plain)
    expect(answer.head + answer.body).not.toContain('evil')
  }
})

describe('D4 has no answer of its own for the target', () => {
  it.each([
    `//evil.example${metadata}`,
    `//${metadata}`,
    `/.${metadata}`,
    `/x/..${metadata}`,
    `${metadata}/`,
    `${metadata}%2f`,
    '/%74oken',
    '/token;x=1',
    'http://evil.example',
    '*',
    '/\\token',
  ])('%s', async (target) => {
    const app = await start()
    const answer = await exchange(app, [`OPTIONS ${target} HTTP/1.1`, `Host: ${app.host}`])
    expect(answer.head).not.toMatch(/access-control-allow-methods: GET, HEAD|access-control-allow-methods: POST/i)
    const got = await exchange(app, [`GET ${target} HTTP/1.1`, `Host: ${app.host}`])
    expect([400, 404]).toContain(got.status)
    expect(got.body).not.toContain('authorization_endpoint')
    expect(app.errors).toEqual([])
  })
})

it('D4 D5 judges the gate by the Host header, and redirects nobody to a host that a target names', async () => {
  const app = await start()
  const token = await login(app)
  const call = async (target: string, host: string) =>
    await exchange(app, [
      `POST ${target} HTTP/1.1`,
      `Host: ${host}`,
      `Authorization: Bearer ${token}`,
      'Content-Length: 0',
    ])
  expect((await call('/mcp', app.host)).status).toBe(200)
  expect((await call('/mcp', 'evil.example')).status).toBe(403)
  expect((await call('/mcp', '')).status).toBe(403)
  expect((await call('http://evil.example/mcp', 'evil.example')).status).toBe(403)
  expect((await call('//evil.example/mcp', app.host)).status).toBe(404)
  const unauthenticated = await exchange(app, [
    `POST http://evil.example/mcp HTTP/1.1`,
    `Host: ${app.host}`,
    'Content-Length: 0',
  ])
  expect(unauthenticated.status).toBe(401)
  expect(unauthenticated.head).toContain(`resource_metadata="${app.origin}/.well-known/oauth-protected-resource/mcp"`)
})

it('D5 refuses two Host headers', async () => {
  const app = await start()
  const lines = ['POST /mcp HTTP/1.1', `Host: ${app.host}`, 'Host: evil.example', 'Content-Length: 0']
  expect([400, 403]).toContain((await exchange(app, lines)).status)
})

it('answers HEAD as GET, without a body', async () => {
  const app = await start()
  for (const path of [metadata, '/jwks', '/authorize', '/.well-known/oauth-protected-resource/mcp']) {
    const get = await fetch(app.origin + path)
    const head = await fetch(app.origin + path, { method: 'HEAD' })
    expect([path, head.status, await head.text()]).toEqual([path, get.status, ''])
    for (const name of ['content-type', 'cache-control', 'access-control-allow-origin']) {
      expect(head.headers.get(name)).toBe(get.headers.get(name))
    }
  }
})

it('does nothing for HEAD where GET uses something up: at the callback', async () => {
  const app = await start()
  const answer = await fetch(`${app.origin}/auth/callback`, { method: 'HEAD' })
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET'])
})

it.each(['TRACE', 'PROPFIND', 'M-SEARCH', 'PUT', 'DELETE', 'PATCH', 'HEAD'])(
  'A046 answers %s at the token endpoint with 405 and says what is allowed',
  async (method) => {
    const app = await start()
    const answer = await exchange(app, [`${method} /token HTTP/1.1`, `Host: ${app.host}`])
    expect([answer.status, /^allow: (.*)$/im.exec(answer.head)?.[1]]).toEqual([405, 'POST'])
    expect(app.errors).toEqual([])
  },
)

it('A032 refuses two Authorization headers, at the gate and at the token endpoint', async () => {
  const app = await start()
  const token = await login(app)
  const two = [`Authorization: Bearer ${token}`, 'Authorization: Bearer x']
  for (const headers of [two, two.toReversed()]) {
    const answer = await exchange(app, ['POST /mcp HTTP/1.1', `Host: ${app.host}`, ...headers, 'Content-Length: 0'])
    expect(answer.status).toBe(400)
  }
  const { client_id, client_secret } = await register(app)
  const basic = `Authorization: Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`
  const form = 'grant_type=refresh_token&refresh_token=x'
  const request = ['POST /token HTTP/1.1', `Host: ${app.host}`, 'Content-Type: application/x-www-form-urlencoded']
  const length = `Content-Length: ${form.length}`
  expect((await exchange(app, [...request, basic, length], form)).body).toContain('invalid_grant')
  const twice = await exchange(app, [...request, basic, basic, length], form)
  expect([twice.status, twice.body.includes('invalid_client')]).toEqual([401, true])
})

it('D10 sends every Set-Cookie line of an answer, beside those of the application', async () => {
  const app = await startApp((express, auth) => {
    express.use((_request, response, next) => {
      response.append('set-cookie', 'session=of-the-application')
      next()
    })
    express.use(mcpAuth(auth))
  })
  const { client_id } = await register(app)
  const jar = new Map<string, string>()
  const header = (): string => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  for (let flow = 0; flow < 7; flow += 1) {
    const lines = (await openConsent(app, client_id, header())).headers.getSetCookie()
    expect(lines[0]).toBe('session=of-the-application')
    const ours = lines.filter((line) => line.startsWith('mcpauth-'))
    expect(ours.filter((line) => line.includes('Max-Age=0'))).toHaveLength(flow < 5 ? 0 : 1)
    for (const line of ours) {
      const [name = '', value = ''] = line.split(';', 1)[0]?.split('=') ?? []
      if (line.includes('Max-Age=0')) jar.delete(name)
      else jar.set(name, value)
    }
  }
  expect(jar.size).toBe(5)
})

describe('A065 serves an issuer with a path', () => {
  const mounts: readonly (readonly [string, Parameters<typeof startApp>[0]])[] = [
    ['at the root', (app, auth) => app.use(mcpAuth(auth))],
    [
      'in a sub-application',
      (app, auth) => app.use('/team', express().use(mcpAuth(auth))).use('/.well-known', mcpAuth(auth)),
    ],
    ['in a router', (app, auth) => app.use('/team', Router().use(mcpAuth(auth))).use('/.well-known', mcpAuth(auth))],
  ]
  it.each(mounts)('%s', async (_case, mount) => {
    const app = await startApp(mount, { path: '/team' })
    expect((await login(app)).split('.')).toHaveLength(3)
    const document = await fetch(`${app.origin}${metadata}/team`)
    expect(await document.json()).toMatchObject({
      issuer: `${app.origin}/team`,
      token_endpoint: `${app.origin}/team/token`,
    })
    expect((await fetch(`${app.origin}/token`, { method: 'POST' })).status).toBe(404)
  })
})

it('needs no more than 150 lines of code', () => {
  const folder = new URL('../src/', import.meta.url)
  const lines = readdirSync(folder).flatMap((file) => readFileSync(new URL(file, folder), 'utf8').split('\n'))
  const code = lines.map((line) => line.trim()).filter((line) => line !== '' && !/^(?:\/\/|\/\*|\*)/.test(line))
  expect(code.length).toBeGreaterThan(20)
  expect(code.length).toBeLessThanOrEqual(150)
})
