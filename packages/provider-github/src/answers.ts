/** Reading answers of GitHub's API. @module */
import { UpstreamError } from '@mcp-auth/core'
import type * as z from 'zod/mini'

/** GitHub hides with 404 what it does not allow, and says 403 where it cannot be hidden. */
export function isRefusal({ kind, status }: UpstreamError): boolean {
  return kind === 'access_denied' || (kind === 'protocol' && status === 404)
}

/** @throws {UpstreamError} `protocol` */
export function parseAnswer<T extends z.ZodMiniType>(schema: T, body: unknown): z.output<T> {
  const parsed = schema.safeParse(body)
  if (!parsed.success) throw new UpstreamError('protocol', { cause: parsed.error })
  return parsed.data
}
