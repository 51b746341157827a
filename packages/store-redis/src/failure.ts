/** What went wrong, in words that hold no secret. @module */
import { OAuthError } from '@mcp-auth/core'

/**
 * The error an operation rejects with. The driver's own errors name the command with its arguments, which for the
 * first command of a connection are user name and password: neither they nor Redis' sentences are passed on.
 */
export function toStoreError(operation: string, error: unknown): Error {
  const code = codeOf(error)
  const failure = new Error(`Redis: ${operation} failed: ${explain(code)}`)
  return code === 'OOM' ? new OAuthError('store_full', { cause: failure }) : failure
}

/** The first word of Redis' errors, the code of the network's, or what the driver gave up for. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'connection lost'
  if ('code' in error && typeof error.code === 'string') return error.code
  if ('lastNodeError' in error) return codeOf(error.lastNodeError)
  // Before Redis 7 an error inside a script is quoted by one about the script; the driver quotes those of Sentinels.
  const message = error.message.replace(
    /^(?:ERR Error running script.*@user_script: ?\d+: -?|.* Last error: )(?=[A-Z])/,
    '',
  )
  if (/^ERR unknown command/i.test(message)) return 'unknown command'
  const word = /^[A-Z][A-Z\d_]+(?= |$)/.exec(message)?.[0]
  return word ?? (/timed? ?out/i.test(message) ? 'timeout' : 'connection lost')
}

function explain(code: string): string {
  if (code === 'unknown command') return 'the command is unknown; Redis 6.2 or Valkey is the least'
  if (code === 'timeout') return 'no answer in time'
  return code
}
