/** A tracer and a meter that write down what they are told. @module */
import type {
  TelemetryAttributes,
  TelemetryContext,
  TelemetryMeter,
  TelemetrySpanOptions,
  TelemetryTime,
  TelemetryTracer,
} from '../../../src/telemetry/open-telemetry-api.ts'

/** A span as an exporter would get it. */
interface RecordedSpan {
  readonly name: string
  readonly options: TelemetrySpanOptions
  readonly parent: TelemetryContext | undefined
  status?: number
  end?: TelemetryTime
}

/** A measurement. */
interface RecordedPoint {
  readonly instrument: string
  readonly value: number
  readonly attributes: TelemetryAttributes
}

/** Everything that was reported. */
export interface RecordedTelemetry {
  readonly tracer: TelemetryTracer
  readonly meter: TelemetryMeter
  readonly spans: RecordedSpan[]
  readonly points: RecordedPoint[]
  /** Options of the instruments by name. */
  readonly instruments: Map<string, unknown>
}

/** Creates both. */
export function recordTelemetry(): RecordedTelemetry {
  const spans: RecordedSpan[] = []
  const points: RecordedPoint[] = []
  const instruments = new Map<string, unknown>()
  const measure =
    (instrument: string) =>
    (value: number, attributes: TelemetryAttributes = {}): void =>
      void points.push({ instrument, value, attributes })
  return {
    spans,
    points,
    instruments,
    tracer: {
      startSpan(name, options = {}, parent) {
        const span: RecordedSpan = { name, options, parent }
        spans.push(span)
        return {
          setStatus: ({ code }) => void (span.status = code),
          end: (time) => void Object.assign(span, { end: time }),
        }
      },
    },
    meter: {
      createCounter(name, options) {
        instruments.set(name, options)
        return { add: measure(name) }
      },
      createHistogram(name, options) {
        instruments.set(name, options)
        return { record: measure(name) }
      },
    },
  }
}
