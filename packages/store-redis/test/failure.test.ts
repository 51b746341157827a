import { inspect } from 'node:util'
import { OAuthError } from '@mcp-auth/core'
import { describe, expect, it } from 'vitest'
import { toStoreError } from '../src/failure.ts'

/** An error as the driver makes it, which knows the arguments of its command. */
function driverError(message: string, details: object = {}): Error {
  const command = { name: 'hello', args: ['3', 'AUTH', 'default', 's3cret'] }
  return Object.assign(new Error(message), { command, ...details })
}

const script = 'ERR Error running script (call to f_6b1bf486c81ceb7edf3c093f0fb1291d6438a1cc): @user_script:3:'

describe('what an operation rejects with', () => {
  it.each([
    ['WRONGPASS invalid username-password pair or user is disabled.', {}, 'WRONGPASS'],
    ["READONLY You can't write against a read only replica.", {}, 'READONLY'],
    ["READONLY You can't write against a read only replica. script: 6b1b, on @user_script:3.", {}, 'READONLY'],
    [`${script} @user_script: 3: -READONLY You can't write against a read only replica.`, {}, 'READONLY'],
    [`${script} WRONGTYPE Operation against a key holding the wrong kind of value`, {}, 'WRONGTYPE'],
    ['Failed to refresh slots cache.', { lastNodeError: driverError('WRONGPASS invalid') }, 'WRONGPASS'],
    ['All sentinels are unreachable. Retrying from scratch after 50ms. Last error: NOAUTH Needed', {}, 'NOAUTH'],
    ['All sentinels are unreachable. Retrying from scratch after 50ms.', {}, 'connection lost'],
    ['ERR value is not an integer or out of range', {}, 'ERR'],
    ['connect ECONNREFUSED 127.0.0.1:6379', { code: 'ECONNREFUSED' }, 'ECONNREFUSED'],
    ['Command timed out', {}, 'no answer in time'],
    ["Socket timeout. Expecting data, but didn't receive any in 2000ms.", {}, 'no answer in time'],
    ['Connection is closed.', {}, 'connection lost'],
    ['Reached the max retries per request limit (which is 0).', {}, 'connection lost'],
  ])('names the reason and nothing else of: %s', (message, details, reason) => {
    const error = toStoreError('GET', driverError(message, details))
    expect(error.message).toBe(`Redis: GET failed: ${reason}`)
    expect(error).not.toBeInstanceOf(OAuthError)
    expect(inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toContain('s3cret')
  })

  it.each([
    "OOM command not allowed when used memory > 'maxmemory'.",
    `${script} @user_script: 3: -OOM command not allowed when used memory > 'maxmemory'.`,
  ])('is a full store for: %s', (message) => {
    expect(toStoreError('SET', driverError(message))).toMatchObject({ reason: 'store_full', status: 503 })
  })
})
