/** Who created which task: an id of a task is a handle, and proves nothing by itself. @module */
import type { MCPOperation } from '../access/mcp-operations.ts'

/** A task whose creation was seen. */
export interface OwnedTask {
  /** Whoever created it: `sessionOwner` of a session, or the connection of a caller who is not signed in. */
  readonly owner: string
  /** What was called to create it; `undefined` for a method that has no rule. */
  readonly operation: Pick<MCPOperation, 'kind' | 'name'> | undefined
}

/** The tasks of one MCP server in this process, whatever connection they were created on. */
export interface TaskOwners {
  /**
   * Remembers a new task. An id keeps its first owner while it is remembered.
   * @param ttlSeconds how long the server keeps it; `Infinity`: for ever
   */
  add(taskId: string, task: OwnedTask, ttlSeconds: number): void
  /** The task of that id, whoever owns it. */
  find(taskId: string): OwnedTask | undefined
}

/** Settings of {@link createTaskOwners}. */
export interface TaskOwnersOptions {
  /** Seconds, of any clock that does not go back. */
  readonly now: () => number
  /** A task that may still be there was forgotten to make room; called once. */
  readonly onForgotten?: () => void
}

/** Of all callers. */
export const maxTasks = 10_000
/** Of one caller, so that nobody alone can make the server forget the tasks of others. */
export const maxTasksOfOne = 1000

/** In characters, of an id and of a name; the server or the client chose them. */
const maxTextLength = 1024

/** The SDK v1 keeps a task for its time to live after it was created, and again after it came to its end. */
const lives = 2

interface Entry extends OwnedTask {
  readonly endsAt: number
}

/**
 * Creates it. What is forgotten, or was never known, belongs to nobody: refusing a task to its owner does less harm
 * than giving it to somebody else.
 */
export function createTaskOwners({ now, onForgotten }: TaskOwnersOptions): TaskOwners {
  /** In the order of creation. */
  const tasks = new Map<string, Entry>()
  const counts = new Map<string, number>()
  let hasForgotten = false

  const countOf = (owner: string): number => counts.get(owner) ?? 0
  const isFull = (owner: string): boolean => tasks.size >= maxTasks || countOf(owner) >= maxTasksOfOne
  const remove = (taskId: string, { owner }: Entry): void => {
    tasks.delete(taskId)
    const left = countOf(owner) - 1
    if (left > 0) counts.set(owner, left)
    else counts.delete(owner)
  }
  const removeEnded = (): void => {
    const time = now()
    for (const [taskId, entry] of tasks) if (entry.endsAt <= time) remove(taskId, entry)
  }
  const forgetOldest = (owner: string): void => {
    const isOwn = countOf(owner) >= maxTasksOfOne
    for (const [taskId, entry] of tasks) {
      if (isOwn && entry.owner !== owner) continue
      remove(taskId, entry)
      break
    }
    if (!hasForgotten) onForgotten?.()
    hasForgotten = true
  }
  return {
    add(taskId, { owner, operation }, ttlSeconds) {
      const known = tasks.get(taskId)
      if (known && known.endsAt > now()) return
      if (known) remove(taskId, known)
      if (taskId.length > maxTextLength || (operation?.name.length ?? 0) > maxTextLength) return
      if (isFull(owner)) removeEnded()
      if (isFull(owner)) forgetOldest(owner)
      const kept = operation && { kind: operation.kind, name: operation.name }
      tasks.set(taskId, { owner, operation: kept, endsAt: now() + lives * ttlSeconds })
      counts.set(owner, countOf(owner) + 1)
    },
    find: (taskId) => tasks.get(taskId),
  }
}
