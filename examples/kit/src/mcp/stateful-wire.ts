/** The stateful wire, through 2025-11-25: requests within sessions. @module */
import type { AuthSession, MCPAccess, RequestHead } from '@mcp-auth/core'
import { guardStream } from './guarded-stream.ts'
import { isInitialize, requestIds, rpcError } from './messages.ts'
import { createResumableSessions, type ResumableSessionsOptions, type SessionTransport } from './resumable-sessions.ts'
import type { McpSession } from './sessions.ts'

/** What the wire needs. */
export interface StatefulWireOptions extends ResumableSessionsOptions {
  readonly access: Pick<MCPAccess, 'refuse'>
  /** Whether the token of a request is still good. */
  readonly isGood: (request: RequestHead) => Promise<boolean>
}

/** The wire. */
export interface StatefulWire {
  readonly fetch: (request: Request, session: AuthSession, body: unknown) => Promise<Response>
  /** Ends the streams on which the server would speak first. */
  readonly endStreams: () => void
  /** Answers the calls in progress with an error, tells their handlers to stop, and gives every session up. */
  readonly close: () => Promise<void>
}

/** A request that was not answered yet. */
interface PendingCall {
  readonly transport: SessionTransport
  readonly ids: readonly (string | number)[]
}

const shuttingDown = { code: -32_000, message: 'The server is shutting down' }

/** Creates the wire. */
export function createStatefulWire({ access, isGood, ...options }: StatefulWireOptions): StatefulWire {
  const sessions = createResumableSessions(options)
  const calls = new Set<PendingCall>()

  const serve = async (
    found: McpSession<SessionTransport>,
    request: Request,
    session: AuthSession,
    body: unknown,
  ): Promise<Response> => {
    const call: PendingCall = { transport: found.connection, ids: requestIds(body) }
    const onEnd = (): void => {
      calls.delete(call)
      found.open -= 1
    }
    // From now on, so that nobody gives the session up before its answer is there.
    found.open += 1
    calls.add(call)
    try {
      const parsed = body === undefined ? {} : { parsedBody: body }
      const answer = await found.connection.handleRequest(request, { authInfo: session, ...parsed })
      return guardStream(answer, { endsAt: session.expiresAt, isGood: async () => await isGood(request), onEnd })
    } catch (error) {
      onEnd()
      throw error
    }
  }

  return {
    async fetch(request, session, body) {
      const id = request.headers.get('mcp-session-id')
      if (id === null) {
        if (request.method !== 'POST' || !isInitialize(body)) {
          return rpcError(400, -32_000, 'Bad Request: Mcp-Session-Id header is required')
        }
        return (await sessions.open(request, session, body)) ?? tooManySessions()
      }
      const known = sessions.read(id, session)
      if (!known) return rpcError(404, -32_001, 'Session not found')
      const denied = await access.refuse(request, session, body)
      if (denied) return denied
      const found = await sessions.find(id, known, session)
      return found ? await serve(found, request, session, body) : tooManySessions()
    },
    endStreams() {
      for (const transport of sessions.connections()) transport.closeStandaloneSSEStream()
    },
    async close() {
      sessions.stop()
      const errors = [...calls].flatMap(({ transport, ids }) =>
        ids.map(async (id) => await transport.send({ jsonrpc: '2.0', id, error: shuttingDown })),
      )
      await Promise.allSettled(errors)
      await Promise.all(sessions.connections().map(async (transport) => await transport.close()))
    },
  }
}

function tooManySessions(): Response {
  return rpcError(503, -32_000, 'Too many sessions', { 'retry-after': '5' })
}
