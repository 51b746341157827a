/** Express request → web request. @module */
import { toWebRequest } from '@mcp-auth/core/node'
import type { Request as ExpressRequest } from 'express'

/** `originalUrl` is the target before any router cut it; `body` is what a body parser may have left. */
export function webRequest(
  request: ExpressRequest,
  origin: string,
  options: { readonly withoutBody?: boolean } = {},
): Request {
  const body: unknown = request.body
  return toWebRequest(request, origin, request.originalUrl, { body, ...options })
}
