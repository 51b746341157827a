/** Metrics and traces by OpenTelemetry, from the events that core reports anyway. @module */
import type { AuthEvent, AuthEventListener, TraceContext } from '../events.ts'
import { combineListeners } from './combine-listeners.ts'
import type {
  TelemetryAttributes,
  TelemetryContext,
  TelemetryMeter,
  TelemetrySpanOptions,
  TelemetryTime,
  TelemetryTracer,
} from './open-telemetry-api.ts'
import {
  type BoundName,
  describeOperation,
  isOperationEvent,
  kindOf,
  type OperationEvent,
} from './operation-attributes.ts'

/** Options of {@link openTelemetryListener}. */
export interface OpenTelemetryOptions {
  /** Gets a span for each call of a tool, resource, prompt or completion. Default: no spans. */
  readonly tracer?: TelemetryTracer | undefined
  /** Gets the counter of events and the histogram of durations. Default: no metrics. */
  readonly meter?: TelemetryMeter | undefined
  /** Puts the user's subject on spans, as `user.id`. Never on metrics. Default: `false`. */
  readonly includeSubject?: boolean | undefined
  /** Puts the URI of a resource on spans, as `mcp.resource.uri`: it may hold what users ask for. Default: `false`. */
  readonly includeResourceURI?: boolean | undefined
  /**
   * Gives the parent of a call's span, for whoever trusts its callers to name it. Default: the context that is active,
   * which instrumentation of the HTTP server sets; the caller's span is then linked.
   */
  readonly parentContext?: ((caller: TraceContext) => TelemetryContext) | undefined
}

/** Bounds as the conventions have them, in seconds. */
const durationBounds: readonly number[] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300]

/** Most names of tools and prompts in metrics, where every name costs memory: of calls that went well, and of others. */
const maxNames = { ok: 1000, other: 100 }

const serverKind = 1
const errorStatus = 2

/**
 * A listener that reports events to OpenTelemetry: each one to the counter `mcp_auth.events`, each call also to the
 * histogram `mcp.server.operation.duration` and as a span. No attribute holds a parameter, a token, a client or,
 * unless that is asked for, a subject. What a tracer or a meter throws is dropped.
 * @see [Semantic conventions for MCP](https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/mcp.md)
 */
export function openTelemetryListener(options: OpenTelemetryOptions): AuthEventListener {
  const { tracer, meter } = options
  const boundName = createNameBound()
  return combineListeners(
    meter && countEvents(meter),
    meter && forOperations(recordDurations(meter, boundName)),
    tracer && forOperations(recordSpans(tracer, boundName, options)),
  )
}

type OperationListener = (event: OperationEvent) => void

function forOperations(listener: OperationListener): AuthEventListener {
  return (event) => {
    if (isOperationEvent(event)) listener(event)
  }
}

function countEvents(meter: TelemetryMeter): AuthEventListener {
  const counter = meter.createCounter('mcp_auth.events', {
    description: 'Decisions about logins, tokens and calls, and what went wrong.',
    unit: '{event}',
  })
  return (event) => {
    const reason = reasonOf(event)
    counter.add(1, {
      'mcp_auth.event.type': event.type,
      ...(reason === undefined ? {} : { 'mcp_auth.event.reason': reason }),
    })
  }
}

/** One of a few words that say why, or how it ended. */
function reasonOf(event: AuthEvent): string | undefined {
  if ('reason' in event) return event.reason
  if ('kind' in event) return event.kind
  return 'outcome' in event ? event.outcome : undefined
}

function recordDurations(meter: TelemetryMeter, boundName: BoundName): OperationListener {
  const histogram = meter.createHistogram('mcp.server.operation.duration', {
    description: 'Time between the arrival of an MCP request and its answer.',
    unit: 's',
    advice: { explicitBucketBoundaries: [...durationBounds] },
  })
  return (event) => histogram.record(durationOf(event) / 1000, describeOperation(event, boundName).attributes)
}

function recordSpans(tracer: TelemetryTracer, boundName: BoundName, options: OpenTelemetryOptions): OperationListener {
  const { parentContext } = options
  return (event) => {
    const { name, errorType, attributes } = describeOperation(event, boundName)
    const { trace, time } = event
    const spanOptions = {
      kind: serverKind,
      startTime: toTelemetryTime(time - durationOf(event)),
      attributes: { ...attributes, ...spanAttributes(event, options) },
      ...(trace && !parentContext ? { links: [linkTo(trace)] } : {}),
    }
    const span = tracer.startSpan(name, spanOptions, trace && parentContext?.(trace))
    if (errorType !== undefined) span.setStatus({ code: errorStatus })
    span.end(toTelemetryTime(time))
  }
}

function spanAttributes(event: OperationEvent, options: OpenTelemetryOptions): TelemetryAttributes {
  const { subject, requestId, name } = event
  const { includeSubject = false, includeResourceURI = false } = options
  return {
    'mcp_auth.request.id': requestId,
    ...(includeSubject && subject !== undefined ? { 'user.id': subject } : {}),
    ...(includeResourceURI && kindOf(event) === 'resource' ? { 'mcp.resource.uri': name } : {}),
  }
}

/** Whether the caller's span was sampled is not known. */
function linkTo({ traceId, parentId }: TraceContext): NonNullable<TelemetrySpanOptions['links']>[number] {
  return { context: { traceId, spanId: parentId, traceFlags: 0, isRemote: true } }
}

/** In milliseconds. A clock that was set back must not make a span end before it begins. */
function durationOf({ durationMilliseconds }: OperationEvent): number {
  return Math.max(0, durationMilliseconds)
}

/** From milliseconds. A number alone could be taken for a time since the process began. */
function toTelemetryTime(milliseconds: number): TelemetryTime {
  const seconds = Math.floor(milliseconds / 1000)
  return [seconds, Math.floor((milliseconds - seconds * 1000) * 1e6)]
}

/** Names as they came until there are too many. Names of calls that went well exist, so that others cannot displace them. */
function createNameBound(): BoundName {
  const names = new Set<string>()
  return (event) => {
    const { name } = event
    if (names.has(name)) return name
    const isReal = 'outcome' in event && event.outcome === 'ok'
    if (names.size >= (isReal ? maxNames.ok : maxNames.other)) return '_OTHER'
    names.add(name)
    return name
  }
}
