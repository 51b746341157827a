/** The routes in plain `node:http`, with Web requests and answers: `guard` stands in front of each. @module */
import {
  type AuthSession,
  guard,
  type McpAuth,
  OAuthError,
  requireAuth,
  requireRole,
  requireScopes,
} from '@mcp-auth/core'
import { readBounded } from '@mcp-auth/example-kit'
import { mayRemove, mayWrite, type Notes } from './notes.ts'

/** What the routes need. */
export interface ApiOptions {
  readonly auth: Pick<McpAuth, 'authenticate'>
  readonly notes: Notes
  /** Base of Discord's API, for the route that asks it with the user's own token. */
  readonly discordURL: string
}

/** Most bytes of a note. */
const maxNoteBytes = 10_000
/** Most notes of one user: memory is all that this example has. */
const maxNotesEach = 100
/** How long Discord may take, in milliseconds. */
const patience = 10_000

/** Answers a request; `undefined` for a path that is none of ours. */
export async function serveNotes(request: Request, options: ApiOptions): Promise<Response | undefined> {
  const { auth, notes } = options
  const { pathname } = new URL(request.url)
  const [, id] = /^\/api\/notes\/(\d+)$/.exec(pathname) ?? []
  switch (`${request.method} ${id === undefined ? pathname : '/api/notes/{id}'}`) {
    case 'GET /api/notes': {
      const session = await guard(request, auth, requireAuth)
      return session instanceof Response ? session : Response.json(notes.list(session.subject))
    }
    case 'POST /api/notes': {
      const session = await guard(request, auth, mayWrite(notes))
      return session instanceof Response ? session : await addNote(request, session, notes)
    }
    case 'DELETE /api/notes/{id}': {
      const session = await guard(request, auth, mayRemove(notes.find(Number(id))))
      if (session instanceof Response) return session
      notes.remove(Number(id))
      return new Response(null, { status: 204 })
    }
    case 'GET /api/guilds': {
      const session = await guard(request, auth, requireScopes('guilds'))
      return session instanceof Response ? session : await listGuilds(session, options)
    }
    case 'POST /api/suspensions': {
      const session = await guard(request, auth, requireRole('admin'))
      if (session instanceof Response) return session
      const subject = await readBounded(request, maxNoteBytes)
      if (subject === undefined) return refuse(413, 'too_long')
      notes.suspend(subject)
      return new Response(null, { status: 204 })
    }
    default:
      return undefined
  }
}

async function addNote(request: Request, { subject }: AuthSession, notes: Notes): Promise<Response> {
  const text = await readBounded(request, maxNoteBytes)
  if (text === undefined) return refuse(413, 'too_long')
  if (text === '') return refuse(400, 'empty')
  if (notes.list(subject).length >= maxNotesEach) return refuse(409, 'too_many_notes')
  return Response.json(notes.add(subject, text), { status: 201 })
}

function refuse(status: number, error: string): Response {
  return Response.json({ error }, { status })
}

/** Asks Discord as the user: the session gives a token that is alive. */
async function listGuilds(session: AuthSession, { discordURL }: ApiOptions): Promise<Response> {
  try {
    const authorization = `Bearer ${await session.getUpstreamAccessToken()}`
    const answer = await fetch(`${discordURL}/users/@me/guilds`, {
      headers: { authorization, 'user-agent': 'DiscordBot (https://example.com, 0.0.0)' },
      redirect: 'error',
      signal: AbortSignal.timeout(patience),
    })
    return answer.ok ? Response.json(await answer.json()) : Response.json({ error: 'discord_refused' }, { status: 502 })
  } catch (error) {
    const hasEnded = error instanceof OAuthError && error.status === 401
    return hasEnded
      ? Response.json({ error: 'sign_in_again' }, { status: 401 })
      : Response.json({ error: 'discord_unreachable' }, { status: 503, headers: { 'retry-after': '5' } })
  }
}
