/** The tools over REST: `POST /mcp/v1/tools/invoke` with `{ "method": …, "params": … }`. @module */
import { type AuthSession, isCurable, type MCPAccess, type McpAuth, OAuthError } from '@mcp-auth/core'
import { readMessages } from '@mcp-auth/example-kit'
import type { DiscordTool } from '../tools/tool.ts'
import type { Invoke } from './invoke.ts'
import { isDenial, readFailure, ServiceError, toErrorObject, toFailure } from './service-error.ts'

/** What the endpoint needs. */
export interface RestOptions {
  readonly auth: Pick<McpAuth, 'authenticate' | 'refuseAccess'>
  readonly access: Pick<MCPAccess, 'decide' | 'report'>
  readonly tools: readonly DiscordTool[]
  readonly invoke: Invoke
}

/** A call that was read. */
interface Call {
  readonly method: string
  readonly params: unknown
}

/** Answers requests that passed the gate, by the rules and with the audit log of the MCP endpoint. */
export function createRestEndpoint(
  options: RestOptions,
): (request: Request, session: AuthSession) => Promise<Response> {
  return async (request, session) => {
    try {
      if (request.method !== 'POST') return methodNotAllowed()
      return await answer(await readCall(request), request, session, options)
    } catch (error) {
      // What passed the gate and ended since then, such as a token that was revoked, is refused by the gate.
      const refusal = hasEnded(error) ? await options.auth.authenticate(request) : undefined
      return refusal instanceof Response ? refusal : toRefusal(error)
    }
  }
}

function hasEnded(error: unknown): boolean {
  return error instanceof OAuthError && error.status === 401
}

async function answer(
  { method, params }: Call,
  request: Request,
  session: AuthSession,
  { auth, access, tools, invoke }: RestOptions,
): Promise<Response> {
  const operation = { kind: 'tool', name: method, parameters: params } as const
  const call = access.report(operation, session, request.headers.get('traceparent'))
  const decision = await access.decide(operation, session)
  const tool = tools.find(({ name }) => name === method)
  if (!decision.granted) {
    call.denied(decision)
    // What no new consent cures looks as if it did not exist.
    if (tool && isCurable(decision)) return auth.refuseAccess(request, session, [decision])
    throw new ServiceError('unknown_tool')
  }
  try {
    if (!tool) throw new ServiceError('unknown_tool')
    if (typeof params !== 'object') throw new ServiceError('invalid_request')
    const result = await invoke(tool, params, session, request.signal)
    call.called('ok')
    return json(200, { result })
  } catch (error) {
    const failure = readFailure(error)
    call.called(isDenial(failure) ? 'denied' : 'error', failure.code)
    throw error
  }
}

/** @throws {ServiceError} `unsupported_media_type`, `invalid_request`, `body_too_large` */
async function readCall(request: Request): Promise<Call> {
  const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/json') throw new ServiceError('unsupported_media_type')
  const { body, refused } = await readMessages(request)
  if (refused?.status === 413) throw new ServiceError('body_too_large')
  if (refused || typeof body !== 'object' || body === null) throw new ServiceError('invalid_request')
  const method: unknown = Reflect.get(body, 'method')
  const params: unknown = Reflect.get(body, 'params') ?? {}
  if (typeof method !== 'string') throw new ServiceError('invalid_request')
  return { method, params }
}

/** The answer to a request that went wrong: a code and a sentence, and nothing of what was thrown. */
export function toRefusal(error: unknown): Response {
  const failure = toFailure(error)
  const { status, retryAfterSeconds } = failure
  const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
  return json(status, { error: toErrorObject(failure) }, headers)
}

function methodNotAllowed(): Response {
  return json(405, { error: { code: 'method_not_allowed', message: 'Use POST' } }, { allow: 'POST' })
}

function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers: { 'cache-control': 'no-store', ...headers } })
}
