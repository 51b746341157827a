/** What the messages of an MCP connection say. @module */
import { type MCPRequest, toRecord } from '../access/mcp-operations.ts'
import type { TraceContext } from '../events.ts'
import { parseTraceContext } from '../protocol/trace-context.ts'

/** An answer to a request. */
export interface Answer {
  readonly id: string | number
  readonly result?: unknown
  readonly error?: unknown
}

/** The answer in a message; requests and notifications are none. */
export function readAnswer(message: unknown): Answer | undefined {
  const members = toRecord(message)
  const { id } = members
  const isAnswer = 'result' in members || 'error' in members
  return isAnswer && (typeof id === 'string' || typeof id === 'number') ? { ...members, id } : undefined
}

/** Whether the call failed, in either way that MCP says so. */
export function isFailure({ result, error }: Answer): boolean {
  return error !== undefined || toRecord(result)['isError'] === true
}

/** The id in a notification that a request is not wanted any more. */
export function cancelledRequest(message: unknown): string | number | undefined {
  const { method, params } = toRecord(message)
  const id = method === 'notifications/cancelled' ? toRecord(params)['requestId'] : undefined
  return typeof id === 'string' || typeof id === 'number' ? id : undefined
}

/** The resource that a notification tells of. */
export function updatedResource(message: unknown): string | undefined {
  const { method, params } = toRecord(message)
  const uri = method === 'notifications/resources/updated' ? toRecord(params)['uri'] : undefined
  return typeof uri === 'string' ? uri : undefined
}

/** From the HTTP request, or as MCP carries it in `_meta` where there is none. */
export function traceOf({ params }: MCPRequest, extra: unknown): TraceContext | undefined {
  const { request, requestInfo } = toRecord(extra)
  const given = request instanceof Request ? request.headers.get('traceparent') : undefined
  const header = given ?? toRecord(toRecord(requestInfo)['headers'])['traceparent']
  const carried = toRecord(toRecord(params)['_meta'])['traceparent']
  const text = typeof header === 'string' ? header : carried
  return typeof text === 'string' ? parseTraceContext(text) : undefined
}
