import { type AuthEvent, openTelemetryListener, type TelemetryMeter, type TelemetryTracer } from '@mcp-auth/core'
import {
  type Attributes,
  type Context,
  context,
  createNoopMeter,
  type Meter,
  type MeterProvider,
  metrics,
  ROOT_CONTEXT,
  type Span,
  type SpanOptions,
  TraceFlags,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import { afterEach, expect, it } from 'vitest'

const caller = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', parentId: '00f067aa0ba902b7' }
const event: AuthEvent = {
  type: 'tool.called',
  outcome: 'error',
  time: 1_700_000_000_250,
  name: 'whoami',
  requestId: 'request-1',
  durationMilliseconds: 250,
  trace: caller,
}

interface StartedSpan {
  readonly name: string
  readonly options: SpanOptions | undefined
  readonly parent: Context
}

/** A tracer as an SDK has it, which notes what is started. The spans are those of the API. */
function createProvider(): { provider: TracerProvider; started: StartedSpan[] } {
  const started: StartedSpan[] = []
  const tracer: Pick<Tracer, 'startSpan'> = {
    startSpan(name: string, options?: SpanOptions, parent: Context = context.active()): Span {
      started.push({ name, options, parent })
      return trace.wrapSpanContext({ traceId: caller.traceId, spanId: caller.parentId, traceFlags: TraceFlags.SAMPLED })
    },
  }
  return { provider: { getTracer: () => tracer as Tracer }, started }
}

afterEach(() => {
  trace.disable()
  metrics.disable()
})

it('takes the tracer and the meter of the OpenTelemetry API as they are', () => {
  // Assignments, not casts: this file does not compile when the types stop to fit.
  const tracer: TelemetryTracer = trace.getTracer('mcp-auth')
  const meter: TelemetryMeter = metrics.getMeter('mcp-auth')
  expect(() => openTelemetryListener({ tracer, meter })(event)).not.toThrow()
  expect(() => openTelemetryListener({ meter: createNoopMeter() })(event)).not.toThrow()
})

it('reports through a tracer that was got before the SDK was set up', () => {
  const listener = openTelemetryListener({ tracer: trace.getTracer('mcp-auth') })
  const { provider, started } = createProvider()
  trace.setGlobalTracerProvider(provider)
  listener(event)
  expect(started).toMatchObject([
    {
      name: 'tools/call whoami',
      options: {
        startTime: [1_700_000_000, 0],
        attributes: { 'error.type': 'tool_error' },
        links: [{ context: { traceId: caller.traceId, spanId: caller.parentId } }],
      },
    },
  ])
})

it("makes the caller's span the parent with a context of the API", () => {
  const { provider, started } = createProvider()
  trace.setGlobalTracerProvider(provider)
  const parentContext = ({ traceId, parentId }: { traceId: string; parentId: string }): Context =>
    trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId: parentId, traceFlags: TraceFlags.SAMPLED, isRemote: true })
  openTelemetryListener({ tracer: trace.getTracer('mcp-auth'), parentContext })(event)
  const [span] = started
  expect(span && trace.getSpanContext(span.parent)).toMatchObject({ traceId: caller.traceId, spanId: caller.parentId })
  expect(span?.options?.links).toBeUndefined()
})

it('measures with the meter of an SDK', () => {
  const measured: [string, number, Attributes | undefined][] = []
  const meter: Meter = Object.assign(createNoopMeter(), {
    createCounter: (name: string) => ({
      add: (value: number, attributes?: Attributes) => void measured.push([name, value, attributes]),
    }),
    createHistogram: (name: string) => ({
      record: (value: number, attributes?: Attributes) => void measured.push([name, value, attributes]),
    }),
  })
  const provider: MeterProvider = { getMeter: () => meter }
  metrics.setGlobalMeterProvider(provider)
  openTelemetryListener({ meter: metrics.getMeter('mcp-auth') })(event)
  expect(measured).toMatchObject([
    ['mcp_auth.events', 1, { 'mcp_auth.event.type': 'tool.called' }],
    ['mcp.server.operation.duration', 0.25, { 'mcp.method.name': 'tools/call' }],
  ])
})
