import { expect, it } from 'vitest'
import { toDiscordError } from '../../src/discord/answer-errors.ts'
import { DiscordError, discordErrorCodes } from '../../src/discord/errors.ts'
import { type AnswerName, fixture } from './support/answers.ts'

const facts = {
  isWrite: true,
  permissions: ['VIEW_CHANNEL', 'MANAGE_MESSAGES'],
  parameters: { content: 'content', channel_id: 'channel_id', messages: 'message_ids' },
}

/** What the answer is turned into. */
function judge(name: AnswerName, changes: { status?: number; body?: unknown; isWrite?: boolean } = {}): DiscordError {
  const { status, headers, body } = { ...fixture(name), ...changes }
  return toDiscordError({ status, headers: new Headers(headers), body }, { ...facts, isWrite: changes.isWrite ?? true })
}

// The codes are documented; statuses and sentences of most are what people report, and nothing may depend on them.
it.each([
  ['api.401', 'token_refused', 502],
  ['err.50001', 'missing_access', 403],
  ['err.50013', 'missing_permission', 403],
  ['err.10003', 'unknown_channel', 404],
  ['err.10004', 'unknown_guild', 404],
  ['err.10008', 'unknown_message', 404],
  ['err.50006', 'invalid_parameter', 400],
  ['err.50016', 'invalid_parameter', 400],
  ['err.50034', 'messages_too_old', 400],
  ['err.50035.contentTooLong', 'invalid_parameter', 400],
  ['err.50035.snowflake', 'invalid_parameter', 400],
  ['err.50109', 'refused', 400],
  ['err.40333', 'blocked', 503],
  ['rl.user', 'rate_limited', 429],
  ['api.502', 'answer_lost', 504],
] as const)('turns %s into %s', (name, code, status) => {
  expect(judge(name)).toMatchObject({ code, status })
})

it.each([
  ['err.50001', 'missing_access'],
  ['err.50013', 'missing_permission'],
  ['err.10003', 'unknown_channel'],
  ['err.10008', 'unknown_message'],
  ['err.50034', 'messages_too_old'],
  ['err.40333', 'blocked'],
] as const)('knows %s whatever its status', (name, code) => {
  for (const status of [400, 403, 404, 409]) expect(judge(name, { status })).toMatchObject({ code })
})

it.each([
  [10007, 'unknown_member'],
  [20016, 'rate_limited'],
  [40001, 'token_refused'],
  [50007, 'cannot_message_user'],
  [50008, 'wrong_channel'],
  [50014, 'token_refused'],
  [50021, 'message_of_system'],
  [50024, 'wrong_channel'],
  [50083, 'archived_thread'],
  [160002, 'missing_permission'],
  [200000, 'blocked_content'],
  [240000, 'blocked_content'],
] as const)('knows code %i', (code, meaning) => {
  expect(judge('err.50001', { body: { message: 'whatever', code } }).code).toBe(meaning)
})

it.each([
  [403, undefined, 'forbidden'],
  [403, 'error code: 1020', 'forbidden'],
  [403, { code: 999_999, message: 'new' }, 'forbidden'],
  [404, { code: 0, message: '404: Not Found' }, 'refused'],
  [429, undefined, 'rate_limited'],
  [304, undefined, 'unreadable'],
  [400, { code: '50035', errors: null }, 'refused'],
  [400, { code: 50_035, errors: 'text' }, 'invalid_parameter'],
] as const)('makes the best of status %i with %j', (status, body, code) => {
  expect(judge('err.50001', { status, body }).code).toBe(code)
})

it('tells a lost answer from an outage: only what was to change something may have happened', () => {
  expect(judge('api.502').code).toBe('answer_lost')
  expect(judge('api.502', { isWrite: false }).code).toBe('unavailable')
})

it('names the permissions that the bot needs', () => {
  const error = judge('err.50013')
  expect(error.permissions).toEqual(['VIEW_CHANNEL', 'MANAGE_MESSAGES'])
  expect(error.message).toContain('MANAGE_MESSAGES')
  expect(judge('err.50013', { body: { code: 160_002 } }).permissions).toEqual(['READ_MESSAGE_HISTORY'])
})

it.each([
  ['err.50035.contentTooLong', 'content'],
  ['err.50035.snowflake', 'channel_id'],
  ['err.50006', 'content'],
  ['err.50016', 'message_ids'],
] as const)('names the parameter that %s is about', (name, parameter) => {
  const error = judge(name)
  expect(error.parameter).toBe(parameter)
  expect(error.message).toContain(parameter)
})

it('names no field that the caller does not know, since its name may be anything', () => {
  const errors = { constructor: {}, '<script>': {} }
  const error = judge('err.50035.snowflake', { body: { code: 50_035, errors } })
  expect(error.parameter).toBeUndefined()
  expect(error.message).toBe('Discord does not accept one of the parameters.')
  expect(judge('err.50035.snowflake', { body: { code: 50_035, errors: { ...errors, content: {} } } }).parameter).toBe(
    'content',
  )
})

it('repeats nothing that Discord wrote', () => {
  const text = 'SENTINEL-of-Discord'
  for (const code of [0, 10003, 10008, 40001, 50001, 50013, 50035, 999_999]) {
    for (const status of [400, 401, 403, 404, 429, 500]) {
      const body = { code, message: text, errors: { content: { _errors: [{ code: text, message: text }] } } }
      const error = judge('err.50001', { status, body })
      expect(JSON.stringify([error.message, error.cause, error, error.stack])).not.toContain('SENTINEL')
    }
  }
})

it('fills in every sentence, with details and without', () => {
  for (const code of discordErrorCodes) {
    for (const details of [{}, { permissions: ['X'], parameter: 'y', ids: ['1', '2'], retryAfterSeconds: 0.2 }]) {
      const { message, status, retryAfterSeconds } = new DiscordError(code, details)
      expect(message).toMatch(/^[A-Z][^{}]*\.$/)
      expect(message).not.toContain('undefined')
      expect(status).toBeGreaterThanOrEqual(400)
      // A client that gets 401 throws its access token away, which is not what any of these is about.
      expect(status).not.toBe(401)
      expect(retryAfterSeconds).toBe('retryAfterSeconds' in details ? 1 : undefined)
    }
  }
})
