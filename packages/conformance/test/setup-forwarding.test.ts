import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ConfigurationError } from '@mcp-auth/express'
import { describe, expect, it, onTestFinished } from 'vitest'
import { callMCP } from './support/client.ts'
import { type RemoteServer, type RemoteServerOptions, startRemote } from './support/remote.ts'

/** What the session of a request gives for URLs: the header, or the reason why not. */
async function forwarded(
  urls: readonly string[],
  options: RemoteServerOptions,
  call: (server: RemoteServer) => ReturnType<typeof callMCP> = async (server) => await callMCP(server, server.mint()),
): Promise<unknown[]> {
  const server = await startRemote({
    ...options,
    host: {
      ...options.host,
      answer: (session) => ({
        said: urls.map((url) => {
          try {
            return session.forwardedAuthorization(url)
          } catch (error) {
            return error instanceof TypeError ? 'refused' : String(error)
          }
        }),
      }),
    },
  })
  const said = (await call(server)).json()['said']
  return Array.isArray(said) ? said : []
}

const allowed = 'https://api.example/v1'

describe('C9 gives the token for an API that the operator named, and for what is below it:', () => {
  it.each([
    allowed,
    `${allowed}/`,
    `${allowed}/files/1?name=a%2fb#part`,
    'HTTPS://API.EXAMPLE:443/v1/x',
    `${allowed}/a%20b`,
    `${allowed}/.well-known/x`,
  ])('%s', async (url) => {
    expect(await forwarded([url], { dangerouslyForwardTokenTo: [allowed] })).toEqual([
      expect.stringMatching(/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/),
    ])
  })
})

describe('C9 gives the token for nothing else:', () => {
  it.each<[string, readonly string[]]>([
    [
      'other paths',
      ['https://api.example', 'https://api.example/', 'https://api.example/v10', 'https://api.example/V1'],
    ],
    ['paths that lead out', [`${allowed}/../admin`, `${allowed}/%2e%2e/admin`, `${allowed}/x/../../admin`]],
    [
      'escaped slashes',
      [`${allowed}%2fadmin`, `${allowed}/..%2fadmin`, `${allowed}/..%2Fadmin`, `${allowed}/..%5cadmin`],
    ],
    ['backslashes', [`https://api.example\\@evil.example/v1`, `${allowed}/..\\admin`]],
    ['escapes of escapes', [`${allowed}/%252e%252e/admin`, `${allowed}/..%252fadmin`, `${allowed}/%c0%ae%c0%ae/admin`]],
    ['dots that some servers read', [`${allowed}/..;/admin`, `${allowed}/..;x=1/admin`, `${allowed}/..%00/admin`]],
    ['other ports', ['https://api.example:8443/v1', 'https://api.example:80/v1']],
    ['other schemes', ['http://api.example/v1', 'ws://api.example/v1', 'blob:https://api.example/v1', 'file:///v1']],
    ['user information', ['https://user@api.example/v1', 'https://:pw@api.example/v1', 'https://u:p@api.example/v1']],
    [
      'hosts that look alike',
      [
        'https://api.example.evil.example/v1',
        'https://api.example@evil.example/v1',
        'https://evil.example/https://api.example/v1',
        'https://evil.example?https://api.example/v1',
        'https://evil.example#https://api.example/v1',
        'https://apixexample/v1',
        'https://api.example./v1',
        'https://sub.api.example/v1',
        'https://аpi.example/v1',
      ],
    ],
    ['what is no URL', ['', '/v1', 'api.example/v1', '//api.example/v1']],
  ])('%s', async (_case, urls) => {
    const said = await forwarded(urls, { dangerouslyForwardTokenTo: [allowed] })
    expect(said).toEqual(urls.map(() => 'refused'))
  })
})

it('C9 gives the token for no URL at all unless the operator names one', async () => {
  expect(await forwarded([allowed, 'http://127.0.0.1/'], {})).toEqual(['refused', 'refused'])
  expect(await forwarded([allowed], { dangerouslyForwardTokenTo: [] })).toEqual(['refused'])
})

it('C9 has no token to give where nobody is signed in, or who is calling said so in another way', async () => {
  const options = { dangerouslyForwardTokenTo: [allowed] }
  const anonymous = { ...options, host: { gate: { allowAnonymous: true } } }
  expect(await forwarded([allowed], anonymous, async (server) => await callMCP(server))).toEqual(['refused'])
  const own = {
    ...options,
    authenticate: async () => ({ subject: 'job', clientId: 'job', scopes: [], expiresAt: 9_999_999_999, claims: {} }),
  }
  expect(await forwarded([allowed], own, async (server) => await callMCP(server))).toEqual(['refused'])
})

it('C9 forwards the very token of this request to the API, over a socket', async () => {
  const seen: (string | undefined)[] = []
  const api = createServer((request, response) => {
    seen.push(request.headers.authorization)
    response.end('{}')
  })
  api.listen(0, '127.0.0.1')
  await once(api, 'listening')
  onTestFinished(() => void api.close())
  const url = `http://127.0.0.1:${(api.address() as AddressInfo).port}/api`
  const server = await startRemote({
    dangerouslyForwardTokenTo: [url],
    host: {
      answer: async (session) => {
        const authorization = session.forwardedAuthorization(`${url}/files`)
        return { status: (await fetch(`${url}/files`, { headers: { authorization } })).status }
      },
    },
  })
  const [first, second] = [server.mint(), server.mint({ payload: { sub: 'user-2' } })]
  expect((await callMCP(server, first)).json()).toEqual({ status: 200 })
  expect((await callMCP(server, second)).json()).toEqual({ status: 200 })
  expect(seen).toEqual([`Bearer ${first}`, `Bearer ${second}`])
})

it('C9 says where the token was to go when it refuses, and nothing of the token', async () => {
  let said = ''
  const server = await startRemote({
    host: {
      answer: (session) => {
        try {
          session.forwardedAuthorization('https://evil.example/path?secret=1')
        } catch (error) {
          said = String(error)
        }
        return {}
      },
    },
  })
  const token = server.mint()
  await callMCP(server, token)
  expect(said).toContain('https://evil.example')
  expect(said).not.toContain('secret')
  for (const part of token.split('.')) expect(said).not.toContain(part)
})

it.each([
  'http://api.example/v1',
  'https://user@api.example',
  'https://:pw@api.example',
  `${allowed}?x=1`,
  `${allowed}#x`,
  'api.example',
  '',
])('C9 refuses to start with %j as an API to forward to', async (entry) => {
  const start = startRemote({ dangerouslyForwardTokenTo: [entry] })
  await expect(start).rejects.toThrow(ConfigurationError)
  await expect(start).rejects.toMatchObject({ option: 'dangerouslyForwardTokenTo' })
})
