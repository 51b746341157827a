/** Sessions that any process with the same secret can take up, with a transport of the official SDK for each. @module */
import { type AuthSession, sessionOwner } from '@mcp-auth/core'
import { type McpServer, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server'
import { createEndedSessions } from './ended-sessions.ts'
import { initializeMessages, requestedVersion } from './messages.ts'
import { createSessionIds, type SessionId } from './session-ids.ts'
import { createSessions, type McpSession, type SessionLimits } from './sessions.ts'

/** Limits of sessions that outlive the process that opened them. */
export interface ResumableLimits extends SessionLimits {
  /** A session is over so many seconds after it began, wherever it is. Default: a day. */
  readonly lifeSeconds?: number
}

/** What the sessions need. */
export interface ResumableSessionsOptions {
  readonly resource: string
  /** A server for one session. */
  readonly createServer: () => McpServer
  /** Root secrets; without them no other process can take a session up. */
  readonly secret?: string | undefined
  readonly limits?: ResumableLimits | undefined
}

/** A transport that keeps a session. */
export type SessionTransport = WebStandardStreamableHTTPServerTransport

/** The sessions. An owner is a user together with a client. */
export interface ResumableSessions {
  /** Serves the request that opens one; `undefined` when there is no room. */
  open(request: Request, session: AuthSession, body: unknown): Promise<Response | undefined>
  /** What an id says; `undefined` when it is none of this owner's, or of a session that is over. */
  read(id: string, session: AuthSession): SessionId | undefined
  /** The session, which is taken up when this process does not have it; `undefined` when there is no room. */
  find(id: string, known: SessionId, session: AuthSession): Promise<McpSession<SessionTransport> | undefined>
  connections(): readonly SessionTransport[]
  /** Stops the clean-up. */
  stop(): void
}

/** A day, in seconds. */
const defaultLife = 86_400

/** Creates an empty set. */
export function createResumableSessions(options: ResumableSessionsOptions): ResumableSessions {
  const { resource, createServer, secret, limits = {} } = options
  const { lifeSeconds = defaultLife } = limits
  const ids = createSessionIds({ secret, resource, lifeSeconds, now: () => Date.now() / 1000 })
  const sessions = createSessions<SessionTransport>(limits)
  const ended = createEndedSessions()
  /** Requests that come together take a session up together. */
  const arriving = new Map<string, Promise<McpSession<SessionTransport> | undefined>>()

  const connect = async (id: string, session: AuthSession): Promise<SessionTransport | undefined> => {
    const [owner, user] = [sessionOwner(session), userOf(session)]
    if (!sessions.makeRoom(owner, user)) return undefined
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => id,
      onsessioninitialized: () => void sessions.add(id, owner, transport, user),
      onsessionclosed: () => {
        ended.add(id)
        sessions.remove(id)
      },
    })
    await createServer().connect(transport)
    return transport
  }
  /** The handshake that the client had with another process. What it said there of itself is lost; no server here asks. */
  const takeUp = async (
    id: string,
    { protocolVersion }: SessionId,
    session: AuthSession,
  ): Promise<McpSession<SessionTransport> | undefined> => {
    const transport = await connect(id, session)
    if (!transport) return undefined
    for (const message of initializeMessages(protocolVersion)) {
      const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
      const request = new Request(resource, { method: 'POST', headers })
      const answer = await transport.handleRequest(request, { authInfo: session, parsedBody: message })
      await answer.text()
    }
    return sessions.find(id, sessionOwner(session))
  }

  return {
    async open(request, session, body) {
      const transport = await connect(ids.create(sessionOwner(session), requestedVersion(body)), session)
      if (!transport) return undefined
      const answer = await transport.handleRequest(request, { authInfo: session, parsedBody: body })
      if (transport.sessionId === undefined) await transport.close()
      return answer
    },
    read: (id, session) => (ended.has(id) ? undefined : ids.read(id, sessionOwner(session))),
    async find(id, known, session) {
      const found = sessions.find(id, sessionOwner(session)) ?? arriving.get(id)
      if (found) return await found
      const taken = takeUp(id, known, session).finally(() => arriving.delete(id))
      arriving.set(id, taken)
      return await taken
    },
    connections: () => sessions.connections(),
    stop: () => sessions.stop(),
  }
}

/** All clients of a user together. */
function userOf(session: AuthSession): string {
  return sessionOwner({ ...session, clientId: '' })
}
