/**
 * The part of the OpenTelemetry API that we call, as structures: its own `Tracer` and `Meter` fit, of any version,
 * and nobody has to install it.
 * @module
 */

/** `Attributes` — [OpenTelemetry](https://opentelemetry.io/docs/specs/otel/common/#attribute). */
export type TelemetryAttributes = Record<string, string | number | boolean>

/** `Context`. */
export interface TelemetryContext {
  getValue(key: symbol): unknown
  setValue(key: symbol, value: unknown): TelemetryContext
  deleteValue(key: symbol): TelemetryContext
}

/** Seconds since the epoch, and nanoseconds of the next one: `HrTime`. */
export type TelemetryTime = [number, number]

/** Options of `Tracer.startSpan`. */
export interface TelemetrySpanOptions {
  /** `SpanKind`; 1 is a server. */
  kind?: number
  attributes?: TelemetryAttributes
  links?: { context: { traceId: string; spanId: string; traceFlags: number; isRemote?: boolean } }[]
  startTime?: TelemetryTime
}

/** `Span`. */
interface TelemetrySpan {
  /** `code`: a `SpanStatusCode`; 2 is an error. */
  setStatus(status: { code: number }): unknown
  end(endTime?: TelemetryTime): void
}

/** `Tracer`. */
export interface TelemetryTracer {
  startSpan(name: string, options?: TelemetrySpanOptions, context?: TelemetryContext): TelemetrySpan
}

/** Options of the instruments of a meter. */
interface TelemetryInstrumentOptions {
  description?: string
  unit?: string
  advice?: { explicitBucketBoundaries?: number[] }
}

/** `Meter`. */
export interface TelemetryMeter {
  createCounter(
    name: string,
    options?: TelemetryInstrumentOptions,
  ): { add(value: number, attributes?: TelemetryAttributes): void }
  createHistogram(
    name: string,
    options?: TelemetryInstrumentOptions,
  ): { record(value: number, attributes?: TelemetryAttributes): void }
}
