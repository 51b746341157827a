import { describe, expect, it } from 'vitest'
import { requireAuth, requireRole, requireScopes } from '../../src/access/predicates.ts'
import { aliceSession, bobSession } from '../access/sessions.ts'
import { askedFor, type Connection, connect, outcomes, settle, slowRule } from './connection.ts'

const call = (name: string): Record<string, unknown> => ({ name, arguments: {} })
const result = (id: number, value: unknown): unknown => ({ jsonrpc: '2.0', id, result: value })
const errors = ({ sent }: Connection): unknown[] => sent.map(({ id, error }) => [id, error])

describe('a call', () => {
  it('that is granted reaches the server as it came, and its answer the client', async () => {
    const connection = connect()
    connection.request(1, 'tools/call', call('stats'))
    await settle()
    expect(connection.seen).toEqual([{ jsonrpc: '2.0', id: 1, method: 'tools/call', params: call('stats') }])
    await connection.answer(result(1, { content: [] }))
    expect(connection.sent).toEqual([result(1, { content: [] })])
    expect(outcomes(connection.events)).toEqual(['tool.called ok'])
    expect(connection.events[0]).toMatchObject({ name: 'stats', subject: 'alice', clientId: 'client' })
  })

  it.each([
    ['an error', { jsonrpc: '2.0', id: 1, error: { code: -1, message: 'no' } }],
    ['a result that is one', result(1, { isError: true })],
  ])('that ends in %s is logged as failed', async (_name, message) => {
    const connection = connect()
    connection.request(1, 'tools/call', call('stats'))
    await settle()
    await connection.answer(message)
    expect(outcomes(connection.events)).toEqual(['tool.called error'])
  })

  it('that lacks a scope is refused with the scope, and never reaches the server', async () => {
    const connection = connect({ tools: { stats: requireScopes('read', 'admin') } })
    connection.request(1, 'tools/call', call('stats'))
    await settle()
    expect(connection.seen).toEqual([])
    expect(errors(connection)).toEqual([
      [1, { code: -32_600, message: 'The access token lacks a required scope: admin' }],
    ])
    expect(outcomes(connection.events)).toEqual(['tool.denied scope_missing'])
  })

  it.each([
    ['without a session', null],
    ['of an anonymous caller', aliceSession({ anonymous: true, subject: '' })],
  ])('%s is asked to sign in', async (_name, session) => {
    const connection = connect()
    connection.request(1, 'tools/call', call('stats'), session)
    await settle()
    expect(connection.seen).toEqual([])
    expect(errors(connection)).toEqual([[1, { code: -32_600, message: 'Sign in to use this' }]])
    expect(connection.events[0]).not.toHaveProperty('subject')
  })

  it('whose rule never answers never reaches the server, and holds up nothing else', async () => {
    const connection = connect({ tools: { slow: slowRule().rule } })
    connection.request(1, 'tools/call', call('slow'))
    connection.request(2, 'tools/call', call('stats'))
    connection.request(3, 'ping')
    await settle()
    expect(connection.seen.map(({ id }) => id)).toEqual([3, 2])
    expect(connection.sent).toEqual([])
  })

  it('whose rules cannot even be asked is answered, and nothing is left unhandled', async () => {
    const connection = connect({}, { decide: async () => await Promise.reject(new Error('the secret of the rule')) })
    connection.request(1, 'tools/call', call('stats'))
    await settle()
    expect(connection.seen).toEqual([])
    expect(errors(connection)).toEqual([[1, { code: -32_603, message: 'Internal error' }]])
  })

  it('that comes after another one may overtake it, and each gets its own answer', async () => {
    const slow = slowRule()
    const connection = connect({ tools: { slow: slow.rule, hidden: requireRole('admin') } })
    connection.request(1, 'tools/call', call('slow'))
    connection.request(2, 'tools/call', call('hidden'))
    await settle()
    await slow.answer(true)
    expect(connection.seen.map(({ id }) => id)).toEqual([2, 1])
    await connection.answer(result(1, { content: ['of slow'] }))
    await connection.answer(result(2, { content: ['unknown'] }))
    expect(connection.sent.map(({ id }) => id)).toEqual([1, 2])
    expect(outcomes(connection.events)).toEqual(['tool.denied role_missing', 'tool.called ok'])
  })
})

describe('an id', () => {
  it('that is in use cannot be used for something else', async () => {
    const connection = connect({ tools: { hidden: requireRole('admin') } })
    connection.request(1, 'tools/list')
    connection.request(1, 'ping')
    await settle()
    expect(connection.seen.map(({ method }) => method)).toEqual(['tools/list'])
    expect(errors(connection)).toMatchObject([[1, { code: -32_600 }]])
    await connection.answer(result(1, { tools: [{ name: 'hidden' }, { name: 'stats' }] }))
    expect(connection.sent[1]).toEqual(result(1, { tools: [{ name: 'stats' }] }))
  })

  it('is free again once it was answered', async () => {
    const connection = connect()
    for (let round = 0; round < 3; round += 1) {
      connection.request(1, 'ping')
      await connection.answer(result(1, {}))
    }
    expect(connection.sent).toEqual([result(1, {}), result(1, {}), result(1, {})])
  })

  it('differs from the same number as text', async () => {
    const connection = connect({ tools: { hidden: requireRole('admin') } })
    connection.request(1, 'tools/list')
    connection.request('1', 'ping')
    await connection.answer({ jsonrpc: '2.0', id: '1', result: { tools: 'of ping' } })
    await connection.answer(result(1, { tools: [{ name: 'hidden' }] }))
    expect(connection.sent).toEqual([
      { jsonrpc: '2.0', id: '1', result: { tools: 'of ping' } },
      result(1, { tools: [] }),
    ])
  })

  it('of a cancelled list cannot be used to take its answer for another one', async () => {
    const connection = connect({ tools: { hidden: requireRole('admin') } })
    connection.request(1, 'tools/list')
    connection.receive({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } })
    connection.request(1, 'ping')
    // The server took the cancellation for the second request, as the official one does.
    await connection.answer(result(1, { tools: [{ name: 'hidden' }] }))
    expect(connection.seen.map(({ method }) => method)).toEqual(['tools/list', 'notifications/cancelled'])
    expect(JSON.stringify(connection.sent)).not.toContain('hidden')
  })

  it('of a disguised call that is cancelled does not show the disguise either', async () => {
    const connection = connect({ tools: { hidden: requireRole('admin') } })
    connection.request(1, 'tools/call', call('hidden'))
    await settle()
    const alias = String(askedFor(connection)['name'])
    connection.receive({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } })
    await connection.answer(result(1, { content: [`Tool ${alias} not found`] }))
    expect(connection.sent).toEqual([result(1, { content: ['Tool hidden not found'] })])
  })

  it('must be short, since it may have to be kept', () => {
    const connection = connect()
    connection.request('x'.repeat(256), 'ping')
    connection.request('x'.repeat(257), 'ping')
    expect(connection.seen).toHaveLength(1)
    expect(connection.sent).toHaveLength(1)
  })

  it('of cancelled requests is not kept for ever', () => {
    const clock = { now: 0 }
    const connection = connect({}, { now: () => clock.now })
    const cancel = (requestId: number): void =>
      connection.receive({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } })
    for (let id = 0; id < 10_000; id += 1) {
      connection.request(id, 'ping')
      cancel(id)
    }
    clock.now = 299
    connection.request(10_000, 'ping')
    expect(errors(connection)).toEqual([[10_000, { code: -32_600, message: 'Too many requests at once' }]])
    connection.request(0, 'ping')
    expect(connection.sent).toHaveLength(2)
    clock.now = 300
    connection.request(0, 'ping')
    connection.request(10_000, 'ping')
    expect(connection.sent).toHaveLength(2)
  })

  it('cannot be set free by cancelling many others, to take a list that was not filtered', async () => {
    const connection = connect({ tools: { hidden: requireRole('admin') } })
    // The SDK v1 does not listen to the cancellation of a request whose id is 0.
    connection.request(0, 'tools/list')
    for (let id = 0; id < 3000; id += 1) {
      if (id > 0) connection.request(id, 'ping')
      connection.receive({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } })
    }
    connection.request(0, 'ping')
    await connection.answer(result(0, { tools: [{ name: 'hidden' }] }))
    expect(JSON.stringify(connection.sent)).not.toContain('hidden')
  })

  it('of requests that nobody answers is not kept without end', () => {
    const connection = connect()
    for (let id = 0; id < 10_000; id += 1) connection.request(id, 'ping')
    connection.request(10_000, 'ping')
    expect(connection.seen).toHaveLength(10_000)
    expect(errors(connection)).toEqual([[10_000, { code: -32_600, message: 'Too many requests at once' }]])
  })

  it('that nobody asked with gets no answer of the server', async () => {
    const connection = connect()
    await connection.answer(result(7, { tools: [{ name: 'hidden' }] }))
    expect(errors(connection)).toEqual([[7, { code: -32_603, message: 'There is no such request' }]])
    expect(JSON.stringify(connection.sent)).not.toContain('hidden')
  })
})

describe('a cancelled call', () => {
  it('does not reach the server when it is cancelled while its rule is asked', async () => {
    const slow = slowRule()
    const connection = connect({ tools: { slow: slow.rule } })
    connection.request(1, 'tools/call', call('slow'))
    connection.receive({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } })
    await slow.answer(true)
    expect(connection.seen.map(({ method }) => method)).toEqual(['notifications/cancelled'])
  })

  it('is logged as failed once, whatever comes later', async () => {
    const connection = connect()
    connection.request(1, 'tools/call', call('stats'))
    await settle()
    for (let repeat = 0; repeat < 2; repeat += 1)
      connection.receive({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } })
    await connection.answer(result(1, {}))
    expect(outcomes(connection.events)).toEqual(['tool.called error'])
  })

  it.each([undefined, {}, { requestId: {} }, { requestId: 99 }, []])('may be none: %j', (params) => {
    const connection = connect()
    connection.request(1, 'ping')
    connection.receive({ jsonrpc: '2.0', method: 'notifications/cancelled', params })
    expect(connection.seen).toHaveLength(2)
  })
})

describe('a closed connection', () => {
  it('passes on nothing that its rules still decide: the server may serve somebody else by then', async () => {
    const slow = slowRule()
    const connection = connect({ tools: { slow: slow.rule } })
    connection.request(1, 'tools/call', call('slow'))
    connection.guarded.close()
    await slow.answer(true)
    connection.request(2, 'ping')
    expect(connection.seen).toEqual([])
  })

  it('logs the calls that were never answered', async () => {
    const connection = connect()
    connection.request(1, 'tools/call', call('stats'))
    await settle()
    connection.guarded.close()
    expect(outcomes(connection.events)).toEqual(['tool.called error'])
  })
})

describe('A037 somebody else', () => {
  const others = [
    ['another user', bobSession()],
    ['the same user with another client', aliceSession({ clientId: 'another' })],
    ['the same subject at another issuer', aliceSession({ extra: { iss: 'https://other.example' } })],
    ['nobody', null],
    ['an anonymous caller', aliceSession({ anonymous: true, subject: '', clientId: '', extra: {} })],
  ] as const

  it.each(others)('is refused on the connection: %s', async (_name, session) => {
    const connection = connect()
    connection.request(1, 'initialize')
    connection.request(2, 'tools/list', {}, session)
    connection.request(3, 'tools/call', call('stats'), session)
    await settle()
    expect(connection.seen.map(({ method }) => method)).toEqual(['initialize'])
    const error = { code: -32_001, message: 'Session not found' }
    expect(errors(connection)).toEqual([
      [2, error],
      [3, error],
    ])
    expect(connection.guarded.serves(session ?? undefined)).toBe(false)
    expect(connection.guarded.serves(aliceSession({ scopes: ['other'], roles: [] }))).toBe(true)
  })

  it.each(others)('cannot cancel, answer or notify: %s', async (_name, session) => {
    const connection = connect()
    connection.request(1, 'tools/call', call('stats'))
    await settle()
    connection.receive({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }, session)
    connection.receive({ jsonrpc: '2.0', id: 5, result: { action: 'accept' } }, session)
    connection.receive({ jsonrpc: '2.0', id: 5, error: { code: 1, message: '' } }, session)
    connection.receive({ jsonrpc: '2.0', method: 'notifications/initialized' }, session)
    expect(connection.seen).toHaveLength(1)
    expect(connection.sent).toEqual([])
    await connection.answer(result(1, { content: [] }))
    expect(connection.sent).toEqual([result(1, { content: [] })])
  })

  it('cannot answer a request of the owner by using its id', () => {
    const connection = connect()
    connection.request(1, 'ping')
    connection.request(1, 'ping', {}, bobSession())
    expect(connection.sent).toEqual([])
    expect(connection.seen).toHaveLength(1)
  })

  it('does not become the owner by coming second, also when the first was nobody', () => {
    const connection = connect()
    connection.request(1, 'ping', {}, null)
    connection.request(2, 'ping')
    expect(errors(connection)).toMatchObject([[2, { code: -32_001 }]])
  })
})

describe('A120 a list', () => {
  const rules = {
    tools: { admin: requireRole('admin'), scoped: requireScopes('other'), broken: () => Promise.reject(new Error()) },
    prompts: { admin: requireRole('admin') },
    resources: { 'doc://admin': requireRole('admin') },
    resourceTemplates: { 'doc://{id}': requireRole('admin'), 'log://{id}': requireAuth },
  }

  it.each([
    [
      'tools/list',
      { tools: [{ name: 'admin' }, { name: 'scoped' }, { name: 'broken' }, { name: 'open', title: 'Open' }] },
      { tools: [{ name: 'scoped' }, { name: 'open', title: 'Open' }] },
    ],
    ['prompts/list', { prompts: [{ name: 'admin' }, { name: 'open' }] }, { prompts: [{ name: 'open' }] }],
    [
      'resources/list',
      { resources: [{ uri: 'doc://admin' }, { uri: 'doc://any' }, { uri: 'log://1' }, { uri: 'x://1' }] },
      { resources: [{ uri: 'log://1' }, { uri: 'x://1' }] },
    ],
    [
      'resources/templates/list',
      { resourceTemplates: [{ uriTemplate: 'doc://{id}' }, { uriTemplate: 'log://{id}' }] },
      { resourceTemplates: [{ uriTemplate: 'log://{id}' }] },
    ],
  ])('%s holds what the caller may use or can get', async (method, full, filtered) => {
    const connection = connect(rules)
    connection.request(1, method)
    await connection.answer(
      result(1, { ...full, nextCursor: 'page 2', cacheScope: 'public', ttlMs: 1, _meta: { a: 1 } }),
    )
    expect(connection.sent).toEqual([
      result(1, { ...filtered, nextCursor: 'page 2', cacheScope: 'private', ttlMs: 1, _meta: { a: 1 } }),
    ])
  })

  it('is filtered on every page, and keeps the cursor of a page on which nothing is left', async () => {
    const connection = connect(rules)
    connection.request(1, 'tools/list', { cursor: 'a' })
    await connection.answer(result(1, { tools: [{ name: 'admin' }], nextCursor: 'b' }))
    expect(connection.sent).toEqual([result(1, { tools: [], nextCursor: 'b' })])
    connection.request(2, 'tools/list', { cursor: 'b' })
    await connection.answer(result(2, { tools: [{ name: 'admin' }, { name: 'open' }] }))
    expect(connection.sent[1]).toEqual(result(2, { tools: [{ name: 'open' }] }))
  })

  it('is judged with the session of its own request', async () => {
    const connection = connect(rules)
    connection.request(1, 'prompts/list', {}, aliceSession({ roles: ['admin'] }))
    connection.request(2, 'prompts/list', {}, aliceSession({ roles: [] }))
    await connection.answer(result(2, { prompts: [{ name: 'admin' }] }))
    await connection.answer(result(1, { prompts: [{ name: 'admin' }] }))
    expect(connection.sent).toEqual([result(2, { prompts: [] }), result(1, { prompts: [{ name: 'admin' }] })])
  })

  it.each([{ tools: 'none' }, {}, null, 'text', []])('may have any other form: %j', async (value) => {
    const connection = connect(rules)
    connection.request(1, 'tools/list')
    await connection.answer(result(1, value))
    expect(connection.sent).toEqual([result(1, value)])
  })

  it('does not hold entries without a name, where everything else is denied', async () => {
    const connection = connect({ otherwise: () => false })
    connection.request(1, 'tools/list')
    await connection.answer(result(1, { tools: [{}, null, { name: 5 }, 'admin'] }))
    expect(connection.sent).toEqual([result(1, { tools: [] })])
  })

  it('marks every answer that may be cached as private, and adds nothing to others', async () => {
    const connection = connect()
    connection.request(1, 'resources/read', { uri: 'x://1' })
    connection.request(2, 'server/discover')
    await settle()
    await connection.answer(result(1, { contents: [], cacheScope: 'public', ttlMs: 5 }))
    await connection.answer(result(2, { instructions: '' }))
    expect(connection.sent).toEqual([
      result(1, { contents: [], cacheScope: 'private', ttlMs: 5 }),
      result(2, { instructions: '' }),
    ])
  })

  it('leaves the answer to what asks no rule to the transport at once, which may depend on it', () => {
    const connection = connect()
    connection.request(1, 'no/such/method')
    void connection.answer({ jsonrpc: '2.0', id: 1, error: { code: -32_601, message: 'Method not found' } })
    expect(connection.sent).toHaveLength(1)
  })
})

describe('A120 what is hidden', () => {
  const rules = {
    tools: { hidden: requireRole('admin') },
    prompts: { hidden: requireRole('admin') },
    resources: { 'doc://Hidden/a b': requireRole('admin') },
    resourceTemplates: { 'log://{id}': requireRole('admin') },
    otherwise: requireAuth,
  }

  it.each([
    ['tools/call', { name: 'hidden', arguments: { secret: 1 }, _meta: { a: 1 } }, 'name'],
    ['prompts/get', { name: 'hidden' }, 'name'],
    ['resources/read', { uri: 'log://1' }, 'uri'],
    ['resources/subscribe', { uri: 'log://1' }, 'uri'],
  ])('is asked for under a name that nothing has: %s', async (method, params, key) => {
    const connection = connect(rules)
    connection.request(1, method, params)
    connection.request(2, method, params)
    await settle()
    const [first, second] = connection.seen.map((message) => message['params'] as Record<string, unknown>)
    expect(first?.[key]).toMatch(/^(URN:)?[\w-]{22}$/)
    expect(first?.[key]).not.toBe(second?.[key])
    expect({ ...first, [key]: '' }).toEqual({ ...params, [key]: '' })
    expect(outcomes(connection.events)).toEqual(connection.events.map(({ type }) => `${type} role_missing`))
  })

  it.each([
    ['ref/prompt', 'name', 'hidden'],
    ['ref/resource', 'uri', 'log://{id}'],
  ])('cannot be completed: %s', async (type, key, name) => {
    const connection = connect(rules)
    connection.request(1, 'completion/complete', { ref: { type, [key]: name }, argument: { name: 'a', value: 'b' } })
    await settle()
    const params = connection.seen[0]?.['params'] as { ref: Record<string, string>; argument: unknown }
    expect(params.ref[key]).not.toBe(name)
    expect(params).toMatchObject({ ref: { type }, argument: { name: 'a', value: 'b' } })
  })

  it.each([
    ['plain', 'hidden'],
    ['quotes', 'a"b\'c`d'],
    ['backslashes', 'a\\b\\\\c\\n'],
    ['control characters', 'a\nb\tc\u0000d'],
    ['other scripts', 'ключ 鍵 🔑'],
    ['half a surrogate pair', 'a\ud83d'],
    ['replacement patterns', "$& $1 $` $'"],
    ['the look of a marker', 'q83vEjRWeJASNFZ4kBI0Vg'],
    ['markup', '</script><b>'],
    ['a property of every object', '__proto__'],
    ['nothing', ''],
  ])('with %s in its name answers like what does not exist', async (_title, name) => {
    const hidden = connect({ tools: Object.fromEntries([[name, requireRole('admin')]]) })
    const unknown = connect()
    for (const connection of [hidden, unknown]) {
      connection.request(1, 'tools/call', { name })
      await settle()
      const asked = String(askedFor(connection)['name'])
      await connection.answer({
        jsonrpc: '2.0',
        id: 1,
        error: { code: -32_602, message: `Tool ${asked} not found: ${asked}`, data: { asked } },
      })
    }
    expect(String(askedFor(hidden)['name'])).not.toBe(name)
    expect(JSON.stringify(hidden.sent)).toBe(JSON.stringify(unknown.sent))
  })

  it.each(['doc://Hidden/a b', 'DOC://Hidden/x/../a%20b', 'doc://Hidden/a%20b'])(
    'answers like what does not exist, whether the server repeats %s as it came or as its parser writes it',
    async (uri) => {
      const hidden = connect(rules)
      const unknown = connect()
      for (const connection of [hidden, unknown]) {
        connection.request(1, 'resources/read', { uri })
        await settle()
        const asked = String(askedFor(connection)['uri'])
        const message = `Resource ${asked} not found: ${new URL(asked).toString()}`
        await connection.answer({ jsonrpc: '2.0', id: 1, error: { code: -32_602, message, data: { uri: asked } } })
      }
      expect(String(askedFor(hidden)['uri'])).not.toBe(uri)
      expect(JSON.stringify(hidden.sent)).toBe(JSON.stringify(unknown.sent))
    },
  )

  it('cannot be listened to, and neither can the rest of such a request', async () => {
    const connection = connect(rules)
    const listen = (id: number, uris: readonly string[]): void =>
      connection.request(id, 'subscriptions/listen', { notifications: { resourceSubscriptions: uris } })
    listen(1, ['x://1', 'log://1'])
    listen(2, ['x://1'])
    await settle()
    expect(connection.seen.map(({ id }) => id)).toEqual([2])
    expect(errors(connection)).toEqual([[1, { code: -32_600, message: 'This is not for you' }]])
  })

  it('sends no news to somebody who may no longer read it', async () => {
    const connection = connect(rules)
    const update = { jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri: 'log://1' } }
    await connection.answer(update)
    connection.request(1, 'ping', {}, aliceSession({ roles: ['admin'] }))
    await connection.answer(update)
    connection.request(2, 'ping', {}, aliceSession({ roles: [] }))
    await connection.answer(update)
    expect(connection.sent).toEqual([update])
  })
})

describe('everything else', () => {
  it.each([
    { jsonrpc: '2.0', id: 3, method: 'sampling/createMessage', params: {} },
    { jsonrpc: '2.0', method: 'notifications/tools/list_changed' },
    { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 1, progress: 1 } },
  ])('passes from the server to the client as it is: %j', async (message) => {
    const connection = connect()
    await connection.answer(message)
    expect(connection.sent).toEqual([message])
  })

  it('passes from the owner to the server as it is', () => {
    const connection = connect()
    const messages = [
      { jsonrpc: '2.0', id: 3, result: { action: 'accept' } },
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      { jsonrpc: '2.0', id: 4, method: 'tools/list' },
    ]
    for (const message of messages) connection.receive(message)
    expect(connection.seen).toEqual(messages)
  })
})
