/** Sessions of the stateful wire: bounded in number and in age, and each of one user's one client. @module */

/** A connection that a session keeps. */
export interface Connection {
  close(): Promise<void>
}

/** A session. */
export interface McpSession<C extends Connection> {
  readonly id: string
  readonly connection: C
  /** Answers that are still being written. */
  open: number
}

/** Bounds; the defaults suit one process. */
export interface SessionLimits {
  readonly total?: number
  readonly perOwner?: number
  /** Of all clients of a user together: anybody may register as many clients as they like. */
  readonly perUser?: number
  /** A session without a request for so long is over, in seconds. */
  readonly idleSeconds?: number
}

/** The sessions of one server. An owner is a user together with a client. */
export interface McpSessions<C extends Connection> {
  /** The session, if it is this owner's: whoever else knows its id learns nothing from it. */
  find(id: string, owner: string): McpSession<C> | undefined
  /** Makes room for one more session of this owner; `false` when every session is at work. `user` is by default the owner. */
  makeRoom(owner: string, user?: string): boolean
  add(id: string, owner: string, connection: C, user?: string): McpSession<C>
  remove(id: string): void
  /** The connections, for whoever ends them. */
  connections(): readonly C[]
  /** Stops the clean-up. */
  stop(): void
}

interface Entry<C extends Connection> extends McpSession<C> {
  readonly owner: string
  readonly user: string
  usedAt: number
}

/** Creates an empty set. A background sweep ends what is idle. */
export function createSessions<C extends Connection>(limits: SessionLimits = {}): McpSessions<C> {
  const { total = 1000, perOwner = 20, perUser = 100, idleSeconds = 1800 } = limits
  // In order of last use: the first one is the one to give up.
  const entries = new Map<string, Entry<C>>()

  const end = (entry: Entry<C>): void => {
    entries.delete(entry.id)
    void entry.connection.close().catch(() => {})
  }
  /** Ends so many that there is room for one more: idle ones first, and of these the one that was not used for longest. */
  const bound = (own: readonly Entry<C>[], max: number): void => {
    const idleFirst = own.toSorted((a, b) => Number(a.open > 0) - Number(b.open > 0))
    for (const entry of idleFirst.slice(0, Math.max(0, own.length - max + 1))) end(entry)
  }
  const sweep = (): void => {
    const oldest = performance.now() - idleSeconds * 1000
    for (const entry of entries.values()) if (entry.open === 0 && entry.usedAt < oldest) end(entry)
  }
  const timer = setInterval(sweep, Math.min(idleSeconds, 60) * 1000)
  timer.unref()

  return {
    find(id, owner) {
      const entry = entries.get(id)
      if (entry?.owner !== owner) return undefined
      entry.usedAt = performance.now()
      entries.delete(id)
      entries.set(id, entry)
      return entry
    },
    makeRoom(owner, user = owner) {
      // Who opens session after session closes their own ones, nobody else's.
      bound(
        [...entries.values()].filter((entry) => entry.owner === owner),
        perOwner,
      )
      bound(
        [...entries.values()].filter((entry) => entry.user === user),
        perUser,
      )
      if (entries.size < total) return true
      const idle = [...entries.values()].find((entry) => entry.open === 0)
      if (idle) end(idle)
      return idle !== undefined
    },
    add(id, owner, connection, user = owner) {
      const entry: Entry<C> = { id, owner, user, connection, open: 0, usedAt: performance.now() }
      entries.set(id, entry)
      return entry
    },
    remove: (id) => void entries.delete(id),
    connections: () => [...entries.values()].map((entry) => entry.connection),
    stop: () => clearInterval(timer),
  }
}
