import { type Fetch, type FixedProvider, UpstreamError } from '@mcp-auth/core'
import { describe, expect, it, vi } from 'vitest'
import { createUpstreamClient, type UpstreamClient } from '../../src/upstream/upstream-client.ts'
import { createVerifierTools } from '../../src/verification/verifier-tools.ts'

const now = (): number => 1000
const content = { access_token: 'gho_1' }
const request = { codeVerifier: 'v', redirectURI: 'https://mcp.example/auth/callback', nonce: undefined }

function clientOf(fetch: Fetch, changes: Partial<FixedProvider> = {}): UpstreamClient {
  const provider: FixedProvider = {
    name: 'idp',
    displayName: 'IdP',
    clientId: 'id with space',
    clientSecret: 's:1',
    tokenEndpointAuthMethod: 'client_secret_post',
    authorizationEndpoint: 'https://idp.example/authorize',
    tokenEndpoint: 'https://idp.example/token',
    scopes: ['read'],
    supportedScopes: ['read', 'write'],
    identityScopes: [],
    headers: { 'User-Agent': 'test' },
    identify: async (_tokens, api) => ({
      subject: '1',
      claims: { answer: await api.postJSONAsClient('https://idp.example/check', content) },
    }),
    classifyError: ({ status }) => ({ kind: status === 404 ? 'invalid_token' : 'protocol' }),
    ...changes,
  }
  const tools = createVerifierTools({ fetch, now, timeoutSeconds: 1 })
  return createUpstreamClient({ provider, fetch, timeoutSeconds: 1, now, tools })
}

describe('a question in the name of our application', () => {
  const ask = async (fetch: Fetch): Promise<unknown> => {
    const client = clientOf(fetch)
    return (await client.identify({ accessToken: 'gho_1' }, client.deadline())).claims['answer']
  }

  it('is a POST of JSON with our id and secret in the header, however the token endpoint wants them', async () => {
    const seen: (readonly [string, RequestInit])[] = []
    const answer = await ask(async (url, init) => {
      seen.push([url, init])
      return await Promise.resolve(Response.json({ app: 1 }))
    })
    expect(answer).toEqual({ app: 1 })
    expect(seen.map(([url, { method, body, redirect }]) => [url, method, body, redirect])).toEqual([
      ['https://idp.example/check', 'POST', '{"access_token":"gho_1"}', 'manual'],
    ])
    expect(Object.fromEntries(new Headers(seen[0]?.[1].headers))).toEqual({
      accept: 'application/json',
      authorization: `Basic ${btoa('id+with+space:s%3A1')}`,
      'content-type': 'application/json',
      'user-agent': 'test',
    })
  })

  it.each<readonly [string, () => Response, string]>([
    ['a refusal', () => Response.json({ message: 'Not Found' }, { status: 404 }), 'invalid_token'],
    ['a refusal with status 200', () => Response.json({ error: 'no' }), 'protocol'],
    ['a page', () => new Response('<p>Later</p>'), 'unavailable'],
    ['a redirect', () => new Response(null, { status: 302, headers: { location: 'https://b.example' } }), 'protocol'],
  ])('fails for %s', async (_name, answer, kind) => {
    const asked = ask(async () => await Promise.resolve(answer()))
    await expect(asked).rejects.toBeInstanceOf(UpstreamError)
    await expect(ask(async () => await Promise.resolve(answer()))).rejects.toMatchObject({ kind })
  })
})

describe("the IdP's word about granted scopes", () => {
  const identify = async (): Promise<{ subject: string; claims: Record<string, unknown> }> =>
    await Promise.resolve({ subject: '1', claims: {} })

  const scopesOf = async (scope: string | undefined, rules: Partial<FixedProvider>): Promise<unknown> => {
    const body = { access_token: 'a', token_type: 'bearer', ...(scope === undefined ? {} : { scope }) }
    const client = clientOf(async () => await Promise.resolve(Response.json(body)), { identify, ...rules })
    return (await client.login('c', request, client.deadline())).tokens.scopes
  }

  it.each<readonly [string, string | undefined, Partial<FixedProvider>, unknown]>([
    ['is what it says', 'read,write', {}, ['read', 'write']],
    ['is nothing when it says nothing was granted', '', {}, []],
    ['is not there when the IdP says none', undefined, { readGrantedScopes: () => ['write'] }, undefined],
    ['is read by the provider', 'write', { readGrantedScopes: (scopes) => [...scopes, 'read'] }, ['write', 'read']],
    [
      'is not there when the provider says that it means nothing',
      '',
      { readGrantedScopes: () => undefined },
      undefined,
    ],
    [
      'reaches the provider by the names clients know',
      'urn:write',
      { fromUpstreamScope: (scope) => scope.replace('urn:', ''), readGrantedScopes: (scopes) => scopes },
      ['write'],
    ],
  ])('%s', async (_name, scope, rules, scopes) => {
    expect(await scopesOf(scope, rules)).toEqual(scopes)
  })

  it('does not outlive a refresh that says something else, and outlives one that says nothing', async () => {
    const answers = [
      { access_token: 'b', token_type: 'bearer', scope: 'read' },
      { access_token: 'c', token_type: 'bearer' },
    ]
    const client = clientOf(async () => await Promise.resolve(Response.json(answers.shift())), { identify })
    const first = { accessToken: 'a', refreshToken: 'r', scopes: ['read', 'write'] }
    const second = await client.refresh(first, client.deadline())
    expect(second).toEqual({ accessToken: 'b', refreshToken: 'r', scopes: ['read'] })
    expect(await client.refresh(second, client.deadline())).toEqual({ ...second, accessToken: 'c' })
  })
})

it('A018 signs nobody in who is called like an API key', async () => {
  const identify = async () => await Promise.resolve({ subject: 'key:nightly-job', claims: {} })
  const client = clientOf(async () => await Promise.resolve(Response.json({})), { identify })
  await expect(client.identify({ accessToken: 'gho_1' }, client.deadline())).rejects.toEqual(
    expect.objectContaining({ code: 'ERR_MCP_AUTH_UPSTREAM', kind: 'access_denied' }),
  )
})

describe('the time an answer has', () => {
  const tokens = { accessToken: 'a', refreshToken: 'r' }
  const answer = { access_token: 'b', token_type: 'bearer', refresh_token: 's' }

  it('is over while there is none', async () => {
    const over = new AbortController()
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(over.signal)
    const client = clientOf(async () => await new Promise(() => over.abort()))
    await expect(client.refresh(tokens, client.deadline())).rejects.toMatchObject({ kind: 'unavailable' })
  })

  it('is not over for one that has arrived: the process was suspended, and the tokens in it are the only ones', async () => {
    const over = new AbortController()
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(over.signal)
    const client = clientOf(async () => {
      // A time-out ends among the timers of a turn of the event loop: what has arrived is read after them.
      await new Promise((resolve) => setTimeout(resolve, 0))
      over.abort()
      return await new Promise((resolve) => setImmediate(() => resolve(Response.json(answer))))
    })
    await expect(client.refresh(tokens, client.deadline())).resolves.toMatchObject({ refreshToken: 's' })
  })
})
