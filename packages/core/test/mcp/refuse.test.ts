import { describe, expect, it } from 'vitest'
import { denied } from '../../src/access/decision.ts'
import { requireAll, requireRole, requireScopes } from '../../src/access/predicates.ts'
import { ConfigurationError } from '../../src/errors.ts'
import type { AuthEvent } from '../../src/events.ts'
import { createMCPAccess, type MCPAccess, type MCPAccessOptions } from '../../src/mcp/mcp-access.ts'
import type { TransportLike } from '../../src/mcp/protect-server.ts'
import { createOAuthProxy, type OAuthProxy } from '../../src/oauth-proxy.ts'
import type { OAuthProxyOptions } from '../../src/oauth-proxy-options.ts'
import { remoteOIDC } from '../../src/providers/remote-oidc.ts'
import { createRemoteOAuth } from '../../src/remote-oauth.ts'
import type { AuthSession } from '../../src/session.ts'
import { aliceSession, bobSession } from '../access/sessions.ts'
import { testProvider } from '../support/provider.ts'
import { outcomes, settle } from './connection.ts'

const url = 'https://mcp.example/mcp'
const metadataURL = 'https://mcp.example/.well-known/oauth-protected-resource/mcp'
const rules: MCPAccessOptions = {
  tools: {
    guilds: requireScopes('identify', 'guilds'),
    both: requireScopes('guilds', 'email'),
    admin: requireRole('admin'),
    mixed: requireAll(requireScopes('guilds'), requireRole('admin')),
    broken: () => Promise.reject(new Error('broken')),
    own: () => denied('scope_missing', { scopes: ['from a rule"\r\nx-header: 1'] }),
  },
  prompts: { guilds: requireScopes('guilds') },
  resources: { 'doc://guilds': requireScopes('guilds'), 'doc://admin': requireRole('admin') },
  resourceTemplates: { 'doc://{id}/guilds': requireScopes('guilds') },
}
const events: AuthEvent[] = []

function create(options: Partial<OAuthProxyOptions> = {}, own = rules): { auth: OAuthProxy; access: MCPAccess } {
  events.splice(0)
  const auth = createOAuthProxy({
    baseUrl: 'https://mcp.example',
    provider: testProvider,
    secret: Buffer.alloc(32, 1).toString('base64url'),
    now: () => 500,
    serverScopes: ['email'],
    onEvent: (event) => events.push(event),
    ...options,
  })
  return { auth, access: createMCPAccess(auth, own) }
}

const alice = aliceSession({ scopes: ['identify', 'offline_access'] })
const anonymous = aliceSession({ anonymous: true, subject: '', scopes: [] })
const call = (name: string, id = 1): Record<string, unknown> => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: {} },
})
const post = (headers: Record<string, string> = {}, at = url): Request => new Request(at, { method: 'POST', headers })

async function ask(
  body: unknown,
  session: AuthSession | undefined = alice,
  headers: Record<string, string> = {},
): Promise<{ status: number; challenge: string | null; body: unknown } | undefined> {
  const response = await create().access.refuse(post(headers), session, body)
  if (!response) return undefined
  return { status: response.status, challenge: response.headers.get('www-authenticate'), body: await response.json() }
}

const insufficient = (scope: string): string =>
  'Bearer error="insufficient_scope", error_description="The access token lacks a required scope", ' +
  `scope="${scope}", resource_metadata="${metadataURL}"`

describe('A038 A039 a missing scope', () => {
  it.each([
    ['a tool', call('guilds')],
    ['a prompt', { id: 1, method: 'prompts/get', params: { name: 'guilds' } }],
    ['a resource', { id: 1, method: 'resources/read', params: { uri: 'doc://guilds' } }],
    ['a subscription', { id: 1, method: 'resources/subscribe', params: { uri: 'DOC://guilds' } }],
    ['a resource of a template', { id: 1, method: 'resources/read', params: { uri: 'doc://5/guilds' } }],
    [
      'a completion of a prompt',
      { id: 1, method: 'completion/complete', params: { ref: { type: 'ref/prompt', name: 'guilds' } } },
    ],
    [
      'a completion of a template',
      { id: 1, method: 'completion/complete', params: { ref: { type: 'ref/resource', uri: 'doc://{id}/guilds' } } },
    ],
  ])('for %s is a 403 that names every scope and the metadata, the same on repeat', async (_name, body) => {
    const first = await ask(body)
    expect(first).toEqual({
      status: 403,
      challenge: insufficient('identify offline_access guilds'),
      body: { error: 'insufficient_scope', error_description: 'The access token lacks a required scope' },
    })
    expect(await ask(body)).toEqual(first)
  })

  it('names all that are missing at once', async () => {
    expect(await ask(call('both'))).toMatchObject({ challenge: insufficient('identify offline_access guilds email') })
  })

  it('is reported, once', async () => {
    await ask(call('guilds'))
    expect(outcomes(events)).toEqual(['tool.denied scope_missing', 'request.refused scope_insufficient'])
    expect(events[0]).toMatchObject({ name: 'guilds', subject: 'alice', missingScopes: ['guilds'] })
  })

  it('of several messages is told in one answer', async () => {
    const batch = [call('guilds', 1), call('open', 2), call('both', 3), { jsonrpc: '2.0', method: 'notifications/x' }]
    expect(await ask(batch)).toMatchObject({ challenge: insufficient('identify offline_access guilds email') })
  })

  it('cannot break out of the header, whatever a rule says', async () => {
    const auth = createRemoteOAuth({
      baseUrl: 'https://mcp.example',
      provider: remoteOIDC({ issuer: 'https://idp.example', scopes: ['identify'] }),
    })
    const answer = await createMCPAccess(auth, rules).refuse(post(), alice, call('own'))
    const challenge = answer?.headers.get('www-authenticate')
    expect(challenge).toContain('scope="identify offline_access from a rulex-header: 1"')
  })

  it('A040 is none where another scope implies it', async () => {
    const { access } = create({ scopeHierarchy: { offline_access: ['guilds'] } })
    expect(await access.refuse(post(), alice, call('guilds'))).toBeUndefined()
    expect((await access.refuse(post(), alice, call('both')))?.status).toBe(403)
  })

  it('names the resource of the session, wherever the server has put its endpoint', async () => {
    const { auth, access } = create({ otherResources: [{ resource: 'https://mcp.example/second' }] })
    const { resource } = auth.metadata.protectedResource
    const session = aliceSession({ resourceMetadataUrl: metadataURL.replace(/mcp$/, 'second') })
    const answer = await access.refuse(post({}, resource), session, call('guilds'))
    expect(answer?.headers.get('www-authenticate')).toContain('oauth-protected-resource/second"')
  })

  it('may be read by a web page of an allowed origin', async () => {
    const { access } = create({ allowedOrigins: ['https://app.example'] })
    const answer = await access.refuse(post({ origin: 'https://app.example' }), alice, call('guilds'))
    expect(answer?.headers.get('access-control-allow-origin')).toBe('https://app.example')
    expect(answer?.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate')
  })
})

describe('a caller who is not signed in', () => {
  it.each([
    ['anonymous', anonymous],
    ['unknown', undefined],
  ])('is asked to sign in, with every scope at once: %s', async (_name, session) => {
    const { access } = create()
    const answer = await access.refuse(post(), session, call('both'))
    expect(answer?.status).toBe(401)
    expect(answer?.headers.get('www-authenticate')).toBe(
      `Bearer scope="identify guilds email", resource_metadata="${metadataURL}"`,
    )
  })

  it('is asked to sign in for what only needs a login, and for what needs a role', async () => {
    expect(await ask(call('open'), anonymous)).toMatchObject({ status: 401 })
    expect(await ask(call('admin'), anonymous)).toMatchObject({ status: 401 })
  })

  it('is told that the token has expired, where the session has ended', async () => {
    const answer = await ask(call('open'), aliceSession({ expiresAt: 500 }))
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_token' } })
  })
})

describe('what no client can cure', () => {
  it.each(['admin', 'mixed', 'broken', 'open', 'no such tool', '__proto__'])(
    'is passed on, so that it is answered like what does not exist: %s',
    async (name) => {
      expect(await ask(call(name))).toBeUndefined()
      expect(events).toEqual([])
    },
  )

  it('is refused here where the SDK v2 answers by itself: a resource that is listened to', async () => {
    const listen = (...uris: string[]): unknown => ({
      jsonrpc: '2.0',
      id: 1,
      method: 'subscriptions/listen',
      params: { notifications: { resourceSubscriptions: uris } },
    })
    expect(await ask(listen('doc://open', 'doc://admin'))).toEqual({
      status: 403,
      challenge: null,
      body: { error: 'access_denied', error_description: 'This is not for you' },
    })
    expect(outcomes(events)).toEqual(['resource.denied role_missing', 'request.refused access_denied'])
    expect(await ask(listen('doc://guilds'))).toMatchObject({
      status: 403,
      challenge: expect.stringContaining('guilds'),
    })
    expect(await ask(listen('doc://open'))).toBeUndefined()
    expect(await ask(listen())).toBeUndefined()
  })
})

describe('everything else', () => {
  it.each([undefined, null, 'text', 5, [], {}, { method: 'tools/list', id: 1 }, { id: 1, result: {} }])(
    'is passed on: %j',
    async (body) => {
      expect(await ask(body)).toBeUndefined()
    },
  )
})

describe('the routing headers', () => {
  const headersOf = (method: string, name?: string): Record<string, string> => ({
    'mcp-method': method,
    ...(name === undefined ? {} : { 'mcp-name': name }),
  })
  const base64 = (text: string): string => `=?base64?${Buffer.from(text).toString('base64')}?=`
  const mismatch = {
    status: 400,
    challenge: null,
    body: {
      jsonrpc: '2.0',
      id: 1,
      error: { code: -32_020, message: 'Bad Request: the Mcp-Method or Mcp-Name header does not match the body' },
    },
  }
  const refused = { type: 'request.refused', reason: 'malformed_request', endpoint: 'resource', time: 500_000 }

  it.each([
    ['another tool', headersOf('tools/call', 'open')],
    ['another method', headersOf('tools/list')],
    ['an unreadable name', headersOf('tools/call', '=?base64?%%%?=')],
    ['bytes that are no text', headersOf('tools/call', `=?base64?${Buffer.from([255, 254]).toString('base64')}?=`)],
    ['the name in base64 twice', headersOf('tools/call', base64(base64('guilds')))],
    ['two names', headersOf('tools/call', 'open, guilds')],
  ])('with %s than the body are refused before anything is decided', async (_name, headers) => {
    expect(await ask(call('guilds'), alice, headers)).toEqual(mismatch)
    expect(events).toEqual([{ ...refused, subject: alice.subject, clientId: alice.clientId }])
    expect(await ask(call('guilds'), anonymous, headers)).toEqual(mismatch)
    // Every call makes a server of its own. Nobody is named where nobody is signed in.
    expect(events).toEqual([{ ...refused, clientId: anonymous.clientId }])
  })

  it('are refused for a batch, which the wire of the headers does not have', async () => {
    const batch = [call('guilds'), call('open')]
    expect(await ask(batch, alice, headersOf('tools/call', 'guilds'))).toMatchObject({
      status: 400,
      body: { id: null },
    })
  })

  it.each([
    ['as it is', 'guilds'],
    ['in base64', base64('guilds')],
  ])('alone are enough to decide, with the name %s', async (_name, name) => {
    expect(await ask(undefined, alice, headersOf('tools/call', name))).toMatchObject({ status: 403 })
    expect(await ask(undefined, anonymous, headersOf('tools/call', name))).toMatchObject({ status: 401 })
    expect(await ask(undefined, alice, headersOf('prompts/get', name))).toMatchObject({ status: 403 })
    expect(await ask(undefined, alice, headersOf('tools/call', 'open'))).toBeUndefined()
    expect(await ask(undefined, alice, headersOf('tools/list'))).toBeUndefined()
  })

  it('alone decide about a resource by its URI', async () => {
    expect(await ask(undefined, alice, headersOf('resources/read', 'doc://guilds'))).toMatchObject({ status: 403 })
    expect(await ask(undefined, alice, headersOf('resources/read', 'doc://open'))).toBeUndefined()
  })

  it('may hold a name in other scripts', async () => {
    const own = { tools: { ключ: requireScopes('guilds') } }
    const { access } = create({}, own)
    const request = post(headersOf('tools/call', base64('ключ')))
    expect((await access.refuse(request, alice, call('ключ')))?.status).toBe(403)
    expect((await access.refuse(request, alice, undefined))?.status).toBe(403)
    expect((await access.refuse(request, alice, call('other')))?.status).toBe(400)
  })
})

describe('decide', () => {
  it('never rejects, whatever the rules do, and when they cannot be asked', async () => {
    const broken = { kind: 'tool', name: 'broken' } as const
    const { auth, access } = create()
    expect(await access.decide(broken, alice)).toMatchObject({ granted: false, reason: 'rule_failed' })
    const decide = async (): Promise<never> => await Promise.reject(new Error('no rule can be asked'))
    const unable = createMCPAccess({ ...auth, decide }, { otherwise: () => true })
    expect(await unable.decide(broken, alice)).toEqual(denied('rule_failed'))
  })

  it('knows this server’s hierarchy and clock', async () => {
    const { access } = create({ scopeHierarchy: { offline_access: ['guilds'] } })
    expect(await access.decide({ kind: 'tool', name: 'guilds' }, alice)).toEqual({ granted: true })
    const ended = aliceSession({ expiresAt: 500 })
    expect(await access.decide({ kind: 'tool', name: 'open' }, ended)).toMatchObject({ reason: 'session_expired' })
  })
})

describe('scopeChallenge', () => {
  it.each([
    [
      'a missing scope, with those the caller has',
      'guilds',
      alice,
      { scopes: ['identify', 'offline_access', 'guilds'] },
    ],
    ['no missing scope', 'open', alice, undefined],
    ['a missing role', 'admin', alice, undefined],
    ['a missing scope together with a missing role', 'mixed', alice, undefined],
    ['nobody', 'guilds', undefined, undefined],
    ['an anonymous caller', 'guilds', anonymous, undefined],
  ] as const)('for %s', async (_name, name, authInfo, expected) => {
    const { access } = create()
    const request = call(name) as { method: string; params: unknown }
    expect(await access.scopeChallenge({ request, ...(authInfo ? { authInfo } : {}) })).toEqual(expected)
  })
})

describe('A039 a scope that this server does not give', () => {
  const impossible = { tools: { far: requireScopes('moon'), both: requireScopes('guilds', 'moon') } }

  it.each(['far', 'both'])('is not asked for, since no consent would bring it: %s', async (name) => {
    const { access } = create({}, impossible)
    const answers = [await access.refuse(post(), alice, call(name)), await access.refuse(post(), alice, call(name))]
    expect(answers.map((answer) => [answer?.status, answer?.headers.get('www-authenticate')])).toEqual([
      [403, null],
      [403, null],
    ])
    expect(await answers[0]?.json()).toMatchObject({ error: 'access_denied' })
    const warnings = events.filter(({ type }) => type === 'configuration.warning')
    expect(warnings).toEqual([expect.objectContaining({ message: expect.stringContaining('the scope "moon"') })])
  })

  it('is asked for once the server gives it', async () => {
    const { access } = create({ serverScopes: ['moon'] }, impossible)
    const answer = await access.refuse(post(), alice, call('far'))
    expect(answer?.headers.get('www-authenticate')).toContain('moon')
  })
})

describe('A120 createMCPAccess', () => {
  const given = (options: unknown): (() => MCPAccess) => {
    const { auth } = create()
    return () => createMCPAccess(auth, options as MCPAccessOptions)
  }

  it.each([
    [{ tool: { admin: requireRole('admin') } }, 'tool: is not an option of createMCPAccess; did you mean tools?'],
    [{ templates: {} }, 'templates: is not an option of createMCPAccess; known are tools, prompts'],
    [{ canAccess: requireRole('admin') }, 'canAccess: is not an option of createMCPAccess'],
    [{ tools: { admin: undefined } }, 'tools.admin: must be a rule'],
    [{ tools: { admin: 'admin' } }, 'tools.admin: must be a rule'],
    [{ prompts: { admin: { canAccess: 'admin' } } }, 'prompts.admin.canAccess: must be a rule'],
    [{ tools: [{ name: 'admin', canAccess: requireRole('admin') }] }, 'tools: must be an object'],
    [{ otherwise: 'nobody' }, 'otherwise: must be a rule'],
    [{ parameters: { admin: { text: 'all' } } }, "parameters.admin.text: must be 'keep', 'id' or 'length'"],
    [{ parameters: { admin: 'keep' } }, 'parameters.admin: must be an object'],
    [{ parameters: null }, 'parameters: must be an object'],
    [undefined, 'createMCPAccess: needs an object of options'],
    [requireRole('admin'), 'createMCPAccess: needs an object of options'],
  ])('does not accept in silence what would leave a tool to everybody: %o', (options, message) => {
    expect(given(options)).toThrow(ConfigurationError)
    expect(given(options)).toThrow(message)
  })

  it.each(['tools', 'prompts', 'resources', 'resourceTemplates', 'otherwise', 'parameters'])(
    'does not take what is missing for what was left out: %s',
    (name) => {
      expect(given({ [name]: undefined })).toThrow(new RegExp(`^${name}: is undefined`))
    },
  )

  it('takes options that are left out', () => {
    expect(given({})).not.toThrow()
  })
})

describe('A038 a task', () => {
  const owned = aliceSession({ scopes: ['identify', 'guilds'] })
  const ask = (method: string, taskId: string): unknown => ({ jsonrpc: '2.0', id: 2, method, params: { taskId } })

  /** An access that has seen how a task of Alice's was created. */
  async function withTask(): Promise<MCPAccess> {
    const { access } = create()
    const transport: TransportLike = { start: async () => {}, send: async () => {} }
    const server = {
      async connect(connected: TransportLike) {
        connected.onmessage = () => {
          void connected.send({ jsonrpc: '2.0', id: 1, result: { task: { taskId: 'task-1', ttl: null } } } as never)
        }
        await connected.start()
      },
    }
    await access.protect(server).connect(transport as never)
    transport.onmessage?.(call('guilds') as never, { authInfo: owned } as never)
    await settle()
    events.splice(0)
    return access
  }

  it.each(['tasks/get', 'tasks/result', 'tasks/cancel', 'tasks/update'])(
    'for which its tool’s scope is missing now is a 403 that names the scope: %s',
    async (method) => {
      const access = await withTask()
      const answer = await access.refuse(post(), alice, ask(method, 'task-1'))
      expect(answer?.status).toBe(403)
      expect(answer?.headers.get('www-authenticate')).toBe(insufficient('identify offline_access guilds'))
      expect(outcomes(events)).toEqual(['tool.denied scope_missing', 'request.refused scope_insufficient'])
      expect(await access.refuse(post(), owned, ask(method, 'task-1'))).toBeUndefined()
    },
  )

  it('is decided by the headers as well', async () => {
    const access = await withTask()
    const headers = (method: string, name: string): Request => post({ 'mcp-method': method, 'mcp-name': name })
    expect((await access.refuse(headers('tasks/get', 'task-1'), alice, undefined))?.status).toBe(403)
    expect(await access.refuse(headers('tasks/get', 'task-2'), alice, undefined)).toBeUndefined()
    expect((await access.refuse(headers('tasks/get', 'task-2'), alice, ask('tasks/get', 'task-1')))?.status).toBe(400)
  })

  it('of somebody else is none here, and is left to the server like one that does not exist', async () => {
    const access = await withTask()
    for (const session of [bobSession({ scopes: [] }), anonymous, undefined]) {
      for (const taskId of ['task-1', 'task-2']) {
        expect(await access.refuse(post(), session, ask('tasks/get', taskId))).toBeUndefined()
      }
    }
    expect(events).toEqual([])
  })
})
