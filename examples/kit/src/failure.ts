/** What a server answers when something went wrong. @module */

/** Status and JSON of an answer. */
export interface Failure {
  readonly status: 400 | 500
  readonly body: { readonly error: string }
}

/** The answer to a path that leads nowhere. */
export const notFound: { readonly error: string } = { error: 'not_found' }

/**
 * Turns an error that nobody expected into an answer. What went wrong is for the operator, not for the client; queries
 * hold codes and states, which are nobody's to read.
 */
export function toFailure(error: unknown, method: string, target: string): Failure {
  // What routers say of a path that cannot be decoded.
  if (error instanceof URIError || hasStatus400(error)) return { status: 400, body: { error: 'invalid_request' } }
  const [path] = target.split('?', 1)
  console.error(`${method} ${path} failed: ${error instanceof Error ? error.name : typeof error}`)
  return { status: 500, body: { error: 'server_error' } }
}

function hasStatus400(error: unknown): boolean {
  return error instanceof Error && 'statusCode' in error && error.statusCode === 400
}
