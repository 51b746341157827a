/** What the server is about: notes of its users, and the rules for them. @module */
import { type AccessRule, type AuthSession, requireAll, requireAny, requireAuth, requireRole } from '@mcp-auth/core'

/** A note. */
export interface Note {
  readonly id: number
  readonly owner: string
  readonly text: string
}

/** Notes, and who may not write any for now. */
export interface Notes {
  list(owner: string): readonly Note[]
  add(owner: string, text: string): Note
  find(id: number): Note | undefined
  remove(id: number): void
  suspend(subject: string): void
  /** As a database would: the answer takes a while. */
  isSuspended(subject: string): Promise<boolean>
}

/** Creates an empty set. */
export function createNotes(): Notes {
  const notes = new Map<number, Note>()
  const suspended = new Set<string>()
  let count = 0
  return {
    list: (owner) => [...notes.values()].filter((note) => note.owner === owner),
    add(owner, text) {
      count += 1
      const note = { id: count, owner, text }
      notes.set(note.id, note)
      return note
    },
    find: (id) => notes.get(id),
    remove: (id) => void notes.delete(id),
    suspend: (subject) => void suspended.add(subject),
    isSuspended: async (subject) => await Promise.resolve(suspended.has(subject)),
  }
}

/** Rules are functions: this one asks a database on every call. */
export function mayWrite(notes: Notes): AccessRule<AuthSession> {
  const isActive: AccessRule<AuthSession> = async (session) =>
    session ? !(await notes.isSuspended(session.subject)) : false
  return requireAll(requireAuth, isActive)
}

/** A note is removed by its owner, or by whoever looks after the server. */
export function mayRemove(note: Note | undefined): AccessRule<AuthSession> {
  const isOwner: AccessRule<AuthSession> = (session) => note !== undefined && session?.subject === note.owner
  return requireAll(requireAuth, requireAny(isOwner, requireRole('admin')))
}
