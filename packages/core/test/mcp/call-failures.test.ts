import { describe, expect, it } from 'vitest'
import type { TimelessEvent } from '../../src/handlers/context.ts'
import { explainFailure } from '../../src/mcp/call-failures.ts'
import { createCallLog } from '../../src/mcp/call-log.ts'
import { aliceSession, bobSession } from '../access/sessions.ts'
import { type Connection, connect, settle } from './connection.ts'

const grantAll = { otherwise: () => true }
const failed = { isError: true, content: [{ type: 'text', text: '{"error":{"code":"of_a_stranger"}}' }] }

/** Opens a connection on which Alice has called a tool, once for each id. */
async function callTool(ids: readonly (string | number)[], session = aliceSession()): Promise<Connection> {
  const connection = connect(grantAll)
  for (const id of ids) connection.request(id, 'tools/call', { name: 'send', arguments: {} }, session)
  await settle()
  return connection
}

const answer = async (connection: Connection, id: string | number, members: object): Promise<void> =>
  await connection.answer({ jsonrpc: '2.0', id, ...members })

describe('why a call failed', () => {
  it.each([
    ['v2 of the SDK', (authInfo: object, id: unknown) => ({ http: { authInfo }, mcpReq: { id } })],
    ['v1 of the SDK', (authInfo: object, requestId: unknown) => ({ authInfo, requestId })],
  ])('is in the log as its handler has said, with %s, and nothing of it goes to the client', async (_, toContext) => {
    const session = aliceSession()
    const connection = await callTool([7, '7'], session)
    explainFailure(toContext(session, 7), { reason: 'channel_unknown' })
    explainFailure(toContext(session, '7'), { reason: 'too_many_calls' })
    await answer(connection, '7', { result: failed })
    await answer(connection, 7, { result: failed })
    expect(connection.events).toMatchObject([
      { type: 'tool.called', outcome: 'error', reason: 'too_many_calls', name: 'send' },
      { type: 'tool.called', outcome: 'error', reason: 'channel_unknown', subject: 'alice' },
    ])
    expect(JSON.stringify(connection.sent)).not.toMatch(/channel_unknown|too_many_calls/)
  })

  it('is a denial where the handler has found that the caller may not do this', async () => {
    const session = aliceSession()
    const connection = await callTool([1], session)
    explainFailure({ authInfo: session, requestId: 1 }, { reason: 'user_permission', isDenial: true })
    await answer(connection, 1, { result: failed })
    expect(connection.events).toMatchObject([
      { type: 'tool.denied', reason: 'user_permission', missingScopes: [], missingRoles: [], subject: 'alice' },
    ])
    expect(connection.events[0]).not.toHaveProperty('outcome')
  })

  it.each([
    ['tool_error', { result: failed }],
    ['invalid_params', { error: { code: -32_602, message: 'Tool of_a_stranger not found' } }],
    ['method_not_found', { error: { code: -32_601, message: 'x' } }],
    ['internal_error', { error: { code: -32_603, message: 'x' } }],
    ['protocol_error', { error: { code: -31_999, message: 'x' } }],
    ['protocol_error', { error: 'of_a_stranger' }],
  ])('is %s where nobody has said it, and never what the answer says', async (reason, members) => {
    const connection = await callTool([1])
    await answer(connection, 1, members)
    expect(connection.events).toMatchObject([{ type: 'tool.called', outcome: 'error', reason }])
    expect(JSON.stringify(connection.events)).not.toContain('of_a_stranger')
  })

  it.each(['', 'Not a code', 'x'.repeat(65), 'eyJhbGciOi', 'a-b', '1a'])(
    'T-leak is no sentence and no token: %j counts as not said',
    async (reason) => {
      const session = aliceSession()
      const connection = await callTool([1], session)
      explainFailure({ authInfo: session, requestId: 1 }, { reason })
      await answer(connection, 1, { result: failed })
      expect(connection.events).toMatchObject([{ outcome: 'error', reason: 'tool_error' }])
    },
  )

  it('is said of one call of one caller, and forgotten with it', async () => {
    const session = aliceSession()
    const connection = await callTool([1, 2], session)
    explainFailure({ authInfo: bobSession(), requestId: 2 }, { reason: 'of_bob' })
    explainFailure({ authInfo: session, requestId: 1 }, { reason: 'first' })
    // What went well has no reason, whatever was said before.
    await answer(connection, 1, { result: { content: [] } })
    await answer(connection, 2, { result: failed })
    connection.request(1, 'tools/call', { name: 'send' }, session)
    await settle()
    await answer(connection, 1, { result: failed })
    expect(connection.events.map((event) => ('reason' in event ? event.reason : 'none'))).toEqual([
      'none',
      'tool_error',
      'tool_error',
    ])
  })

  it('cannot be said where there is no session or no request, which is no error', () => {
    for (const context of [undefined, null, {}, { requestId: 1 }, { authInfo: aliceSession() }, 'x']) {
      expect(() => explainFailure(context, { reason: 'x' })).not.toThrow()
    }
  })

  it('is bounded for one session, whoever logs its calls', async () => {
    const session = aliceSession()
    for (let id = 0; id <= 1000; id += 1) explainFailure({ authInfo: session, requestId: id }, { reason: 'said' })
    const connection = await callTool([999, 1000], session)
    for (const id of [1000, 999]) await answer(connection, id, { result: failed })
    expect(connection.events).toMatchObject([{ reason: 'tool_error' }, { reason: 'said' }])
  })

  it('is cancelled of a call that is cancelled, and of one whose connection ends', async () => {
    const connection = await callTool([1, 2])
    connection.receive({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } })
    connection.guarded.close()
    expect(connection.events).toMatchObject([
      { outcome: 'error', reason: 'cancelled' },
      { outcome: 'error', reason: 'cancelled' },
    ])
  })
})

describe('a call that is reported by hand', () => {
  const end = (...args: Parameters<ReturnType<ReturnType<typeof createCallLog>['start']>['called']>): TimelessEvent => {
    const events: TimelessEvent[] = []
    const operation = { kind: 'tool', name: 'send', parameters: {} } as const
    createCallLog((event) => void events.push(event))
      .start(operation, aliceSession(), undefined)
      .called(...args)
    const [event] = events
    if (!event || events.length > 1) throw new Error(`${events.length} events`)
    return event
  }

  it('ends with a code, or without one', () => {
    expect(end('error', 'unknown_tool')).toMatchObject({
      type: 'tool.called',
      outcome: 'error',
      reason: 'unknown_tool',
    })
    expect(end('error')).not.toHaveProperty('reason')
    expect(end('ok', 'unknown_tool')).not.toHaveProperty('reason')
    expect(end('error', 'Bearer eyJh')).not.toHaveProperty('reason')
    const denied = { type: 'tool.denied', reason: 'user_permission', missingScopes: [], missingRoles: [] }
    expect(end('denied', 'user_permission')).toMatchObject(denied)
    expect(end('denied')).toMatchObject({ type: 'tool.denied', reason: 'rule_denied' })
  })
})
