import { describe, expect, it } from 'vitest'
import {
  headersMatch,
  isListMethod,
  readMessages,
  readOperations,
  readRequest,
  requestOfHeaders,
} from '../../src/access/mcp-operations.ts'

const request = (method: string, params?: unknown): Record<string, unknown> => ({
  jsonrpc: '2.0',
  id: 1,
  method,
  params,
})

describe('the operations of a message', () => {
  it.each([
    ['tools/call', { name: 'stats', arguments: { a: 1 } }, [{ kind: 'tool', name: 'stats', parameters: { a: 1 } }]],
    [
      'prompts/get',
      { name: 'hello', arguments: { a: '1' } },
      [{ kind: 'prompt', name: 'hello', parameters: { a: '1' } }],
    ],
    ['resources/read', { uri: 'doc://a' }, [{ kind: 'resource', name: 'doc://a' }]],
    ['resources/subscribe', { uri: 'doc://a' }, [{ kind: 'resource', name: 'doc://a' }]],
    ['completion/complete', { ref: { type: 'ref/prompt', name: 'hello' } }, [{ kind: 'prompt', name: 'hello' }]],
    [
      'completion/complete',
      { ref: { type: 'ref/resource', uri: 'doc://{id}' } },
      [{ kind: 'completion', name: 'doc://{id}' }],
    ],
    [
      'subscriptions/listen',
      { notifications: { toolsListChanged: true, resourceSubscriptions: ['doc://a', 'doc://b'] } },
      [
        { kind: 'resource', name: 'doc://a' },
        { kind: 'resource', name: 'doc://b' },
      ],
    ],
    ['subscriptions/listen', { notifications: { toolsListChanged: true } }, []],
    ...[
      'initialize',
      'ping',
      'server/discover',
      'tools/list',
      'prompts/list',
      'resources/list',
      'resources/templates/list',
      'resources/unsubscribe',
      'logging/setLevel',
      'Tools/Call',
      'constructor',
    ].map((method) => [method, { name: 'stats', uri: 'doc://a' }, []] as const),
  ] as const)('%s with %j', (method, params, operations) => {
    expect(readOperations(request(method, params))).toEqual(operations)
  })

  it.each([
    ['tools/call', 'tool'],
    ['prompts/get', 'prompt'],
    ['resources/read', 'resource'],
    ['resources/subscribe', 'resource'],
    ['completion/complete', 'completion'],
  ])('%s is one also when its parameters are malformed, with a name that nothing has', (method, kind) => {
    const malformed = [
      undefined,
      null,
      [],
      'stats',
      {},
      { name: 1, uri: 1, ref: 1 },
      { name: ['stats'], uri: {}, ref: [] },
      { name: null, uri: null, ref: { type: 'ref/resource', uri: 5 } },
    ]
    for (const params of malformed) expect(readOperations(request(method, params))).toMatchObject([{ kind, name: '' }])
  })

  it('takes a resource that is no text for one without a name, and reads a list only', () => {
    const listen = (resourceSubscriptions: unknown): unknown =>
      readOperations(request('subscriptions/listen', { notifications: { resourceSubscriptions } }))
    expect(listen(['doc://a', 1])).toMatchObject([{ name: 'doc://a' }, { name: '' }])
    expect(listen('doc://a')).toEqual([])
    expect(readOperations(request('subscriptions/listen', { notifications: ['doc://a'] }))).toEqual([])
  })

  it('finds none in what is no message', () => {
    for (const message of [undefined, null, 'tools/call', 1, [request('tools/call', { name: 'a' })]])
      expect(readOperations(message)).toEqual([])
  })
})

describe('the messages of a body', () => {
  it('are one, or those of a batch, without what is none', () => {
    const call = request('tools/call', { name: 'a' })
    expect(readMessages(call)).toEqual([call])
    expect(readMessages([call, null, 'text', [call], call])).toEqual([call, call])
    for (const body of [undefined, null, 'text', 5]) expect(readMessages(body)).toEqual([])
  })
})

describe('a request', () => {
  it.each([
    [{ id: 1, method: 'ping' }, true],
    [{ id: 'a', method: 'ping' }, true],
    [{ id: 0, method: 'ping' }, true],
    [{ id: '', method: 'ping' }, true],
    [{ method: 'ping' }, false],
    [{ id: null, method: 'ping' }, false],
    [{ id: {}, method: 'ping' }, false],
    [{ id: 1, result: {} }, false],
    [{ id: 1, method: 1 }, false],
    [[{ id: 1, method: 'ping' }], false],
  ])('%j: %s', (message, isRequest) => {
    expect(readRequest(message) !== undefined).toBe(isRequest)
  })

  it('is for a list by the names of methods, not of properties that every object has', () => {
    expect(isListMethod('tools/list')).toBe(true)
    for (const method of ['constructor', '__proto__', 'toString', 'tools/call'])
      expect(isListMethod(method)).toBe(false)
  })
})

describe('the routing headers', () => {
  const call = request('tools/call', { name: 'stats' })
  it.each([
    ['the same', { method: 'tools/call', name: 'stats' }, call, true],
    ['no name', { method: 'tools/call', name: undefined }, call, true],
    ['another method', { method: 'tools/list', name: 'stats' }, call, false],
    ['the method in other letters', { method: 'TOOLS/CALL', name: 'stats' }, call, false],
    ['another name', { method: 'tools/call', name: 'whoami' }, call, false],
    ['a name that cannot be read', { method: 'tools/call', name: null }, call, false],
    ['a name, and no parameters', { method: 'tools/call', name: 'stats' }, request('tools/call'), false],
    ['the URI', { method: 'resources/read', name: 'doc://a' }, request('resources/read', { uri: 'doc://a' }), true],
    [
      'a name for a URI',
      { method: 'resources/read', name: 'a' },
      request('resources/read', { uri: 'b', name: 'a' }),
      false,
    ],
    ['a method without a name', { method: 'tools/list', name: 't1' }, request('tools/list'), true],
    ['a task', { method: 'tasks/get', name: 't1' }, request('tasks/get', { taskId: 't1' }), true],
    ['another task', { method: 'tasks/get', name: 't1' }, request('tasks/get', { taskId: 't2' }), false],
    [
      'another task to change',
      { method: 'tasks/update', name: 't1' },
      request('tasks/update', { taskId: 't2' }),
      false,
    ],
    [
      'another task to cancel',
      { method: 'tasks/cancel', name: 't1' },
      request('tasks/cancel', { taskId: 't2' }),
      false,
    ],
    ['a batch', { method: 'tools/call', name: 'stats' }, [call, call], false],
    ['a batch of one', { method: 'tools/call', name: 'stats' }, [call], true],
    ['an empty batch', { method: 'tools/call', name: 'stats' }, [], false],
    ['no message', { method: 'tools/call', name: 'stats' }, 'text', false],
  ])('with %s', (_name, headers, body, isMatch) => {
    expect(headersMatch(headers, body)).toBe(isMatch)
  })

  it.each([
    [{ method: 'tools/call', name: 'stats' }, [{ kind: 'tool', name: 'stats' }]],
    [{ method: 'prompts/get', name: 'hello' }, [{ kind: 'prompt', name: 'hello' }]],
    [{ method: 'resources/read', name: 'doc://a' }, [{ kind: 'resource', name: 'doc://a' }]],
    [{ method: 'tools/list', name: 'stats' }, []],
    [{ method: 'completion/complete', name: 'hello' }, []],
    [{ method: 'tasks/get', name: 't1' }, []],
    [{ method: 'tools/call', name: undefined }, []],
    [{ method: 'tools/call', name: null }, []],
    [undefined, []],
  ] as const)('%j tell of %j', (headers, operations) => {
    const told = readOperations(requestOfHeaders(headers))
    expect(told).toMatchObject(operations)
    expect(told).toHaveLength(operations.length)
  })
})
