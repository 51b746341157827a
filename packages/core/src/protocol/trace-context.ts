/** Where a request belongs in a trace — W3C Trace Context. @module */
import type { TraceContext } from '../events.ts'

/** `version-format` of version 00; what later versions add begins with another dash. Ids of zeros are none. */
const traceparentFormat = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/s

/**
 * Reads a `traceparent`, from the header or from a message's `_meta`. What cannot be read is `undefined`, as if
 * nothing had been sent: tracing must not make a request fail.
 * @see [W3C Trace Context §3.2](https://www.w3.org/TR/trace-context/#traceparent-header)
 */
export function parseTraceContext(traceparent: string | null | undefined): TraceContext | undefined {
  const [, version, traceId, parentId, rest] = traceparentFormat.exec(traceparent ?? '') ?? []
  if (traceId === undefined || parentId === undefined) return undefined
  if (version === '00' && rest !== undefined) return undefined
  return { traceId, parentId }
}
