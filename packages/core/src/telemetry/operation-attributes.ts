/** MCP operations in the words of OpenTelemetry's conventions. @module */
import type { AuthEvent, OperationEventBase, OperationKind } from '../events.ts'
import type { TelemetryAttributes } from './open-telemetry-api.ts'

/** An event about one call. */
export type OperationEvent = Extract<AuthEvent, OperationEventBase>

/** What metrics and spans say about a call. */
export interface OperationTelemetry {
  /** Name of the span. */
  readonly name: string
  /** Why the call failed or was denied, in a few words that are always the same. */
  readonly errorType: string | undefined
  /** With few different values, for metrics. */
  readonly attributes: TelemetryAttributes
}

/** Whether an event is about one call. */
export function isOperationEvent(event: AuthEvent): event is OperationEvent {
  return 'requestId' in event
}

const methods: Readonly<Record<OperationKind, string>> = {
  tool: 'tools/call',
  resource: 'resources/read',
  prompt: 'prompts/get',
  completion: 'completion/complete',
}

/** Attributes for what a name means. URIs have too many values, and may hold parameters. */
const nameAttributes: Readonly<Partial<Record<OperationKind, string>>> = {
  tool: 'gen_ai.tool.name',
  prompt: 'gen_ai.prompt.name',
}

/** The kind of operation an event is about. */
export function kindOf({ type }: OperationEvent): OperationKind {
  const [kind] = type.split('.') as [OperationKind]
  return kind
}

/** Gives the name of a tool or prompt as it may appear: clients choose names. */
export type BoundName = (event: OperationEvent) => string

/**
 * Describes a call.
 * @see [Semantic conventions for MCP](https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/mcp.md#server)
 */
export function describeOperation(event: OperationEvent, boundName: BoundName): OperationTelemetry {
  const kind = kindOf(event)
  const method = methods[kind]
  const nameAttribute = nameAttributes[kind]
  const name = nameAttribute === undefined ? '' : boundName(event)
  const errorType = errorTypeOf(event)
  return {
    name: nameAttribute === undefined ? method : `${method} ${name}`,
    errorType,
    attributes: {
      'mcp.method.name': method,
      ...(nameAttribute === undefined ? {} : { [nameAttribute]: name }),
      ...(kind === 'tool' ? { 'gen_ai.operation.name': 'execute_tool' } : {}),
      ...(errorType === undefined ? {} : { 'error.type': errorType }),
    },
  }
}

function errorTypeOf(event: OperationEvent): string | undefined {
  if ('reason' in event) return event.reason
  if (event.outcome === 'ok') return undefined
  return event.type === 'tool.called' ? 'tool_error' : '_OTHER'
}
