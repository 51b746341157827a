/** What is changed in messages so that everybody sees their own server. @module */
import { type ListMethod, listMembers, type MCPRequest, toRecord } from '../access/mcp-operations.ts'
import { normalizeURI } from '../access/resource-uris.ts'
import type { OperationKind } from '../events.ts'

type Members = Readonly<Record<string, unknown>>

/** A request for something that does not exist, in place of one for something that must not be seen. */
export interface Disguise {
  readonly request: MCPRequest
  /** Takes the answer back to what the client asked for. */
  reveal(message: unknown): unknown
}

/**
 * Lets the server itself say that there is no such thing: it answers exactly as it does for every unknown name,
 * whatever its words. `marker` is random, so that nothing can have that name.
 */
export function disguise(request: MCPRequest, marker: string): Disguise {
  const params = toRecord(request.params)
  const rename = (members: Members, key: string, alias: string): Disguise => {
    const asked = String(members[key])
    const changed = { ...members, [key]: alias }
    return {
      request: { ...request, params: members === params ? changed : { ...params, ref: changed } },
      // Some servers repeat a URI as it came, others as the URL parser writes it: the alias differs in the same way.
      reveal: (message) => replaceText(replaceText(message, alias, asked), normalizeURI(alias), normalizeURI(asked)),
    }
  }
  const alias = `URN:${marker}`
  if (request.method === 'completion/complete') {
    const ref = toRecord(params['ref'])
    return ref['type'] === 'ref/prompt' ? rename(ref, 'name', marker) : rename(ref, 'uri', alias)
  }
  if (request.method.startsWith('tasks/')) return rename(params, 'taskId', marker)
  return request.method.startsWith('resources/') ? rename(params, 'uri', alias) : rename(params, 'name', marker)
}

/** The entries of a list that may be seen. */
export async function filterList(
  method: ListMethod,
  result: unknown,
  isVisible: (operation: { readonly kind: OperationKind; readonly name: string }) => Promise<boolean>,
): Promise<unknown> {
  const { list, kind, key } = listMembers[method]
  const entries = toRecord(result)[list]
  if (!Array.isArray(entries)) return result
  const visible = await Promise.all(
    entries.map(async (entry) => await isVisible({ kind, name: String(toRecord(entry)[key]) })),
  )
  return { ...toRecord(result), [list]: entries.filter((_entry, index) => visible[index]) }
}

/**
 * Marks an answer that may be cached as one user's own —
 * [MCP, caching](https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/caching).
 */
export function keepPrivate(result: unknown): unknown {
  const members = toRecord(result)
  return 'cacheScope' in members ? { ...members, cacheScope: 'private' } : result
}

function replaceText(message: unknown, text: string, by: string): unknown {
  const replacement = JSON.stringify(by).slice(1, -1)
  const changed: unknown = JSON.parse(JSON.stringify(message).replaceAll(text, () => replacement))
  return changed
}
