/** Expecting a refusal. @module */
import { expect } from 'vitest'
import type { RefusalReason } from '../../src/refusals.ts'

/** Matches the error of one reason, as `toThrow(refusal('code_invalid'))`. */
export function refusal(reason: RefusalReason): unknown {
  return expect.objectContaining({ code: 'ERR_MCP_AUTH_OAUTH', reason })
}

/** Matches a configuration error that names `option`; `message` is looked for in its text. */
export function misconfiguration(option: string, message = ''): unknown {
  return expect.objectContaining({
    code: 'ERR_MCP_AUTH_CONFIGURATION',
    option,
    message: expect.stringContaining(message),
  })
}
