import { describe, expect, it } from 'vitest'
import type { AuthEvent } from '../../src/events.ts'
import { openTelemetryListener } from '../../src/telemetry/open-telemetry.ts'
import type { TelemetryContext } from '../../src/telemetry/open-telemetry-api.ts'
import { type RecordedTelemetry, recordTelemetry } from './support/recorded-telemetry.ts'

const time = 1_700_000_000_250
const caller = { time, subject: 'subject-of-ada', clientId: 'client-of-ada' }
const trace = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', parentId: '00f067aa0ba902b7' }
const call = { ...caller, name: 'send_message', requestId: 'request-1', durationMilliseconds: 1250 } as const
const parameters = { channel: 'parameter-of-ada' }

/** What is recorded of some events. */
function record(
  events: readonly AuthEvent[],
  options: Parameters<typeof openTelemetryListener>[0] = {},
): RecordedTelemetry {
  const recorded = recordTelemetry()
  const listener = openTelemetryListener({ tracer: recorded.tracer, meter: recorded.meter, ...options })
  for (const event of events) listener(event)
  return recorded
}

const called = (facts: object = {}): AuthEvent => ({ type: 'tool.called', outcome: 'ok', ...call, ...facts })

describe('the counter mcp_auth.events', () => {
  it.each<readonly [AuthEvent, string | undefined]>([
    [{ type: 'login.succeeded', ...caller }, undefined],
    [{ type: 'login.failed', kind: 'access_denied', ...caller }, 'access_denied'],
    [{ type: 'grant.revoked', reason: 'refresh_token_reused', ...caller }, 'refresh_token_reused'],
    [{ type: 'request.refused', reason: 'malformed_request', endpoint: 'token', time }, 'malformed_request'],
    [{ type: 'server.failed', endpoint: 'token', error: 'TypeError', time }, undefined],
    [called(), 'ok'],
    [called({ outcome: 'error' }), 'error'],
    [
      { type: 'tool.denied', reason: 'role_missing', missingScopes: [], missingRoles: ['admin'], ...call },
      'role_missing',
    ],
  ])('counts $type by type and reason', (event, reason) => {
    const { points } = record([event])
    const attributes = {
      'mcp_auth.event.type': event.type,
      ...(reason === undefined ? {} : { 'mcp_auth.event.reason': reason }),
    }
    expect(points[0]).toEqual({ instrument: 'mcp_auth.events', value: 1, attributes })
    expect(points).toHaveLength('requestId' in event ? 2 : 1)
  })

  it('is counted in events', () => {
    expect(record([]).instruments.get('mcp_auth.events')).toMatchObject({ unit: '{event}' })
  })
})

describe('the histogram mcp.server.operation.duration', () => {
  const durations = (events: readonly AuthEvent[]): unknown[] =>
    record(events).points.filter(({ instrument }) => instrument === 'mcp.server.operation.duration')

  it('is in seconds, with the bounds of the conventions', () => {
    expect(record([]).instruments.get('mcp.server.operation.duration')).toMatchObject({
      unit: 's',
      advice: { explicitBucketBoundaries: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300] },
    })
    expect(durations([called()])).toMatchObject([{ value: 1.25 }])
    expect(durations([called({ durationMilliseconds: -3 })])).toMatchObject([{ value: 0 }])
  })

  const tool = { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'send_message' }
  it.each<readonly [string, AuthEvent, Record<string, unknown>]>([
    ['a tool', called(), { ...tool, 'gen_ai.operation.name': 'execute_tool' }],
    [
      'a tool that failed',
      called({ outcome: 'error' }),
      { ...tool, 'gen_ai.operation.name': 'execute_tool', 'error.type': 'tool_error' },
    ],
    [
      'a tool that was denied',
      { type: 'tool.denied', reason: 'scope_missing', missingScopes: ['guilds'], missingRoles: [], ...call },
      { ...tool, 'gen_ai.operation.name': 'execute_tool', 'error.type': 'scope_missing' },
    ],
    [
      'a prompt',
      { type: 'prompt.called', outcome: 'ok', ...call },
      { 'mcp.method.name': 'prompts/get', 'gen_ai.prompt.name': 'send_message' },
    ],
    [
      'a resource, without its URI',
      { type: 'resource.called', outcome: 'error', ...call, name: 'file:///home/ada' },
      { 'mcp.method.name': 'resources/read', 'error.type': '_OTHER' },
    ],
    [
      'a completion',
      { type: 'completion.called', outcome: 'ok', ...call, name: 'file:///{path}' },
      { 'mcp.method.name': 'completion/complete' },
    ],
  ])('describes %s in the words of the conventions', (_name, event, attributes) => {
    expect(durations([event])).toEqual([{ instrument: 'mcp.server.operation.duration', value: 1.25, attributes }])
  })

  it('cannot be filled with names that a client makes up, nor can they displace those that exist', () => {
    const madeUp = Array.from({ length: 5000 }, (_, index) => called({ name: `made-up-${index}`, outcome: 'error' }))
    const recorded = record([...madeUp, called(), called({ outcome: 'error' })])
    const names = recorded.points.map(({ attributes }) => attributes['gen_ai.tool.name']).filter(Boolean)
    expect(new Set(names).size).toBe(102)
    expect(names).toContain('_OTHER')
    expect(names.slice(-2)).toEqual(['send_message', 'send_message'])
    expect(new Set(recorded.spans.map(({ name }) => name)).size).toBe(102)
  })

  it('is not made fuller by resources, whose names it does not have', () => {
    const resources = Array.from(
      { length: 500 },
      (_, index): AuthEvent => ({
        type: 'resource.called',
        outcome: 'ok',
        ...call,
        name: `file:///${index}`,
      }),
    )
    const { spans } = record([...resources, called({ outcome: 'error' })])
    expect(spans.at(-1)?.name).toBe('tools/call send_message')
  })
})

describe('a span', () => {
  it('covers the time from the arrival to the answer, exactly', () => {
    const { spans } = record([called({ durationMilliseconds: 1250.5 })])
    expect(spans).toHaveLength(1)
    expect(spans[0]).toMatchObject({
      name: 'tools/call send_message',
      options: { kind: 1, startTime: [1_699_999_998, 999_500_000] },
      end: [1_700_000_000, 250_000_000],
    })
  })

  it('is made for calls only', () => {
    expect(record([{ type: 'login.succeeded', ...caller }]).spans).toEqual([])
  })

  it('has the status of an error exactly when the call failed or was denied', () => {
    const denied: AuthEvent = {
      type: 'tool.denied',
      reason: 'rule_denied',
      missingScopes: [],
      missingRoles: [],
      ...call,
    }
    const { spans } = record([called(), called({ outcome: 'error' }), denied])
    expect(spans.map(({ status }) => status)).toEqual([undefined, 2, 2])
    expect(spans.map(({ options }) => options.attributes?.['error.type'])).toEqual([
      undefined,
      'tool_error',
      'rule_denied',
    ])
  })

  it("is linked to the caller's span where there is one", () => {
    const { spans } = record([called({ trace }), called()])
    expect(spans[0]?.options.links).toEqual([
      { context: { traceId: trace.traceId, spanId: trace.parentId, traceFlags: 0, isRemote: true } },
    ])
    expect(spans[1]?.options).not.toHaveProperty('links')
    expect(spans.map(({ parent }) => parent)).toEqual([undefined, undefined])
  })

  it("has the caller's span as its parent where that is wanted", () => {
    const context: TelemetryContext = { getValue: () => undefined, setValue: () => context, deleteValue: () => context }
    const asked: unknown[] = []
    const parentContext = (given: unknown): TelemetryContext => {
      asked.push(given)
      return context
    }
    const { spans } = record([called({ trace }), called()], { parentContext })
    expect(asked).toEqual([trace])
    expect(spans.map(({ parent }) => parent)).toEqual([context, undefined])
    expect(spans[0]?.options).not.toHaveProperty('links')
  })

  it('has a URI as its name only by wish, since a URI may hold what somebody asked for', () => {
    const event: AuthEvent = { type: 'resource.called', outcome: 'ok', ...call, name: 'file:///home/ada' }
    expect(JSON.stringify(record([event]))).not.toContain('ada/')
    expect(JSON.stringify(record([event]))).not.toContain('file:')
    const { spans } = record([event], { includeResourceURI: true })
    expect(spans[0]).toMatchObject({
      name: 'resources/read',
      options: { attributes: { 'mcp.resource.uri': 'file:///home/ada' } },
    })
  })
})

describe('D8 what nobody asked for', () => {
  const events: AuthEvent[] = [called({ parameters, trace }), { type: 'token.issued', scope: 'identify', ...caller }]

  it('is in no attribute: no subject, no client, no parameter', () => {
    const text = JSON.stringify(record(events))
    expect(text).toContain('send_message')
    expect(text).not.toMatch(/of-ada/)
  })

  it('stays out when the subject is asked for, which only spans get', () => {
    const { spans, points } = record(events, { includeSubject: true })
    expect(spans[0]?.options.attributes).toEqual({
      'mcp.method.name': 'tools/call',
      'gen_ai.tool.name': 'send_message',
      'gen_ai.operation.name': 'execute_tool',
      'mcp_auth.request.id': 'request-1',
      'user.id': 'subject-of-ada',
    })
    expect(JSON.stringify(points)).not.toMatch(/of-ada/)
  })
})

describe('trouble with telemetry', () => {
  const fail = (): never => {
    throw new Error('secret')
  }

  it('never reaches whoever reports an event, and one part does not stop the others', () => {
    const { tracer, meter, spans, points } = recordTelemetry()
    const broken = { createCounter: () => ({ add: fail }), createHistogram: () => ({ record: fail }) }
    expect(() => openTelemetryListener({ tracer, meter: broken })(called())).not.toThrow()
    expect(spans).toHaveLength(1)
    expect(() => openTelemetryListener({ tracer: { startSpan: fail }, meter })(called())).not.toThrow()
    expect(points).toHaveLength(2)
  })

  it('does not come from leaving one of the two out', () => {
    expect(record([called()], { tracer: undefined }).points).toHaveLength(2)
    expect(record([called()], { meter: undefined }).spans).toHaveLength(1)
    expect(() => openTelemetryListener({})(called())).not.toThrow()
  })
})
