/** Which operations an MCP message asks for. @module */
import type { OperationKind } from '../events.ts'

/** A call that rules decide. */
export interface MCPOperation {
  readonly kind: OperationKind
  /** Name of the tool or prompt, URI of the resource, or URI template whose variable is completed. */
  readonly name: string
  /** Arguments as the client sent them, checked by nobody yet. */
  readonly parameters?: unknown
}

/** A JSON-RPC request. */
export interface MCPRequest {
  readonly id: string | number
  readonly method: string
  readonly params?: unknown
}

/** What the routing headers of a request claim about its body. */
export interface MCPHeaders {
  readonly method: string
  /** `undefined` where there is no such header; `null` where it cannot be read. */
  readonly name: string | null | undefined
}

/** A method whose answer is a list of what there is. */
export type ListMethod = 'tools/list' | 'prompts/list' | 'resources/list' | 'resources/templates/list'

/** Lists whose entries depend on who asks, and the member that names an entry. */
export const listMembers: Readonly<
  Record<ListMethod, { readonly list: string; readonly kind: OperationKind; readonly key: string }>
> = {
  'tools/list': { list: 'tools', kind: 'tool', key: 'name' },
  'prompts/list': { list: 'prompts', kind: 'prompt', key: 'name' },
  'resources/list': { list: 'resources', kind: 'resource', key: 'uri' },
  'resources/templates/list': { list: 'resourceTemplates', kind: 'completion', key: 'uriTemplate' },
}

export function isListMethod(method: string): method is ListMethod {
  return Object.hasOwn(listMembers, method)
}

/** The request in a message, or `undefined` for notifications, answers and everything else. */
export function readRequest(message: unknown): MCPRequest | undefined {
  if (!isRecord(message) || typeof message['method'] !== 'string') return undefined
  const { id, method, params } = message
  return typeof id === 'string' || typeof id === 'number' ? { id, method, params } : undefined
}

/** The messages of a body, a batch included. */
export function readMessages(body: unknown): readonly Readonly<Record<string, unknown>>[] {
  return (Array.isArray(body) ? body : [body]).filter(isRecord)
}

/** The operations of a message: none for lists and for what belongs to the protocol itself. */
export function readOperations(message: unknown): readonly MCPOperation[] {
  if (!isRecord(message)) return []
  const params = toRecord(message['params'])
  switch (message['method']) {
    case 'tools/call':
      return [{ kind: 'tool', name: text(params['name']), parameters: params['arguments'] }]
    case 'prompts/get':
      return [{ kind: 'prompt', name: text(params['name']), parameters: params['arguments'] }]
    case 'resources/read':
    case 'resources/subscribe':
      return [{ kind: 'resource', name: text(params['uri']) }]
    case 'completion/complete':
      return [readCompletion(params)]
    case 'subscriptions/listen':
      return readSubscriptions(params)
    default:
      return []
  }
}

/**
 * Whether the headers of a 2026-07-28 request say what its body says —
 * [MCP, standard request headers](https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#standard-request-headers).
 * A gateway may have decided by the headers: a body that says something else must not run.
 */
export function headersMatch({ method, name }: MCPHeaders, body: unknown): boolean {
  const [message, ...others] = readMessages(body)
  if (!message || others.length > 0 || message['method'] !== method) return false
  const member = namedBy(method)
  if (name === undefined || member === undefined) return true
  const params = toRecord(message['params'])
  return name === params[member]
}

/** The parameter that the name in the headers repeats; other methods have none, or none of ours. */
function namedBy(method: string): 'name' | 'uri' | 'taskId' | undefined {
  if (method === 'resources/read') return 'uri'
  if (method === 'tasks/get' || method === 'tasks/update' || method === 'tasks/cancel') return 'taskId'
  return method === 'tools/call' || method === 'prompts/get' ? 'name' : undefined
}

/** The request that the headers alone tell of; `undefined` where they name nothing. */
export function requestOfHeaders(headers: MCPHeaders | undefined): Pick<MCPRequest, 'method' | 'params'> | undefined {
  const { method = '', name } = headers ?? {}
  const member = namedBy(method)
  return typeof name === 'string' && member !== undefined ? { method, params: { [member]: name } } : undefined
}

function readCompletion(params: Readonly<Record<string, unknown>>): MCPOperation {
  const ref = toRecord(params['ref'])
  if (ref['type'] === 'ref/prompt') return { kind: 'prompt', name: text(ref['name']) }
  return { kind: 'completion', name: text(ref['uri']) }
}

function readSubscriptions(params: Readonly<Record<string, unknown>>): readonly MCPOperation[] {
  const wanted = toRecord(params['notifications'])
  const uris = wanted['resourceSubscriptions']
  return Array.isArray(uris) ? uris.map((uri) => ({ kind: 'resource', name: text(uri) })) : []
}

/** A name that is no text belongs to nothing; the rule for everything else decides. */
function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The members of an object; none of everything else. */
export function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {}
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
