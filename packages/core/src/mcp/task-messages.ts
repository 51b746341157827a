/**
 * What MCP messages say about tasks, on the
 * [2025-11-25](https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/tasks) wire and in the
 * [extension of 2026-07-28](https://modelcontextprotocol.github.io/ext-tasks/specification/2026-07-28/tasks.html).
 * @module
 */
import { type MCPRequest, toRecord } from '../access/mcp-operations.ts'

type Asked = Pick<MCPRequest, 'method' | 'params'>

/** A task that a server began in place of an answer. */
export interface CreatedTask {
  readonly taskId: string
  /** How long the server keeps it; `Infinity` where it says nothing, or for ever. */
  readonly ttlSeconds: number
}

/** The method whose answer lists tasks. */
export const taskListMethod = 'tasks/list'

/** Methods that need the id of a task. Others may come; they are known by having one. */
const taskMethods: readonly string[] = ['tasks/get', 'tasks/result', 'tasks/cancel', 'tasks/update']

/** Where a request names a task that it is a part of. */
const relatedTaskKey = 'io.modelcontextprotocol/related-task'

/** The id of the task that a request asks for, `''` for what can be none; `undefined` for other requests. */
export function taskAskedFor({ method, params }: Asked): string | undefined {
  const { taskId } = toRecord(params)
  if (taskMethods.includes(method)) return text(taskId)
  return method.startsWith('tasks/') && taskId !== undefined ? text(taskId) : undefined
}

/** The id of the task that a request claims to belong to: its answer would go where that task's owner finds it. */
export function relatedTaskOf({ params }: Asked): string | undefined {
  const related = toRecord(toRecord(params)['_meta'])[relatedTaskKey]
  return related === undefined ? undefined : text(toRecord(related)['taskId'])
}

/** The task in a result: a member of it on the 2025-11-25 wire, the result itself on the other one. */
export function readCreatedTask(result: unknown): CreatedTask | undefined {
  const members = toRecord(result)
  const isResult = members['resultType'] === 'task'
  const { taskId, ttl, ttlMs } = isResult ? members : toRecord(members['task'])
  if (typeof taskId !== 'string') return undefined
  const milliseconds = isResult ? ttlMs : ttl
  const isKnown = typeof milliseconds === 'number' && milliseconds >= 0
  return { taskId, ttlSeconds: isKnown ? milliseconds / 1000 : Number.POSITIVE_INFINITY }
}

/** The id of the task that a notification tells of. */
export function taskNotified(message: unknown): string | undefined {
  const { id, method, params } = toRecord(message)
  const isOfTask = typeof method === 'string' && /^notifications\/tasks(\/|$)/.test(method)
  return isOfTask && id === undefined ? text(toRecord(params)['taskId']) : undefined
}

/** The tasks of a list that may be seen. */
export async function filterTasks(result: unknown, isVisible: (taskId: string) => Promise<boolean>): Promise<unknown> {
  const { tasks } = toRecord(result)
  if (!Array.isArray(tasks)) return result
  const visible = await Promise.all(tasks.map(async (task) => await isVisible(text(toRecord(task)['taskId']))))
  return { ...toRecord(result), tasks: tasks.filter((_task, index) => visible[index]) }
}

/** A request to listen, without the tasks that are not the caller's: as a server leaves out those it does not know. */
export function listenToOwn(request: MCPRequest, isOwn: (taskId: string) => boolean): MCPRequest {
  const params = toRecord(request.params)
  const wanted = toRecord(params['notifications'])
  const { taskIds } = wanted
  if (request.method !== 'subscriptions/listen' || taskIds === undefined) return request
  const own = Array.isArray(taskIds) ? taskIds.filter((taskId) => isOwn(text(taskId))) : []
  return { ...request, params: { ...params, notifications: { ...wanted, taskIds: own } } }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
