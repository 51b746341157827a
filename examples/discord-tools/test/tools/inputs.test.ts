import { describe, expect, it } from 'vitest'
import { createDiscordTools } from '../../src/tools/index.ts'
import { describeIssues, toolScopes } from '../../src/tools/tool.ts'

const tools = new Map(createDiscordTools().map((tool) => [tool.name, tool]))
const channel = '197038439483310101'
const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index + 1))

/** What is wrong with the parameters; '' when nothing is. */
async function judge(name: string, params: unknown): Promise<string> {
  const result = await tools.get(name)?.input['~standard'].validate(params)
  return describeIssues(result?.issues ?? [])
}

const minimal = {
  send_message: { channel_id: channel, content: 'Hello' },
  get_messages: { channel_id: channel },
  get_channel_info: { channel_id: channel },
  search_messages: { channel_id: channel, content: 'words' },
  moderate_content: { channel_id: channel, message_ids: ['1'], reason: 'Spam' },
} as const

describe.each(Object.entries(minimal))('%s', (name, params) => {
  it('takes the least it needs', async () => {
    expect(await judge(name, params)).toBe('')
  })

  it.each(['general', '', '0', '-1', '1.5', '18446744073709551616', '١', ' 1', '../1', channel.padEnd(30, '0')])(
    'refuses the channel %j',
    async (id) => {
      expect(await judge(name, { ...params, channel_id: id })).toContain('channel_id must be an id of Discord')
    },
  )

  it('refuses ids that are numbers, whose last digits are lost already', async () => {
    expect(await judge(name, { ...params, channel_id: Number(channel) })).toBe(
      'channel_id must be a string in quotation marks: ids have more digits than a number keeps',
    )
    expect(await judge(name, { ...params, channel_id: true })).not.toContain('digits')
  })

  it('says of an id that begins with 0 that none does', async () => {
    for (const id of ['0', '00', '0197038439483310101']) {
      expect(await judge(name, { ...params, channel_id: id })).toBe(
        'channel_id must be an id of Discord: 1 to 20 digits, in a string, and does not begin with 0',
      )
    }
  })

  it('refuses parameters it does not have, and names them', async () => {
    expect(await judge(name, { ...params, chanel: '1' })).toBe('there is no parameter chanel')
  })

  it.each([undefined, null, 'text', 1, []])('refuses %j instead of parameters', async (value) => {
    expect(await judge(name, value)).toBe('the parameters must be an object')
  })

  it('says how the audit log treats each parameter, and gives a JSON Schema with each', () => {
    const tool = tools.get(name)
    const schema = tool?.input['~standard'].jsonSchema.input({ target: 'draft-2020-12' })
    expect(schema).toMatchObject({ type: 'object', additionalProperties: false })
    expect(Object.keys(tool?.parameters ?? {}).toSorted()).toEqual(
      Object.keys(Object(schema?.['properties'])).toSorted(),
    )
    for (const property of Object.values(Object(schema?.['properties']))) expect(property).toHaveProperty('description')
    for (const [parameter, rule] of Object.entries(tool?.parameters ?? {})) {
      expect(rule).toBe(['content', 'reason'].includes(parameter) ? 'length' : 'id')
    }
  })
})

it('names a scope for each tool, and no scope without a tool', () => {
  const used = new Set([...tools.values()].flatMap(({ scopes }) => scopes))
  expect([...used].toSorted()).toEqual(Object.keys(toolScopes).toSorted())
  expect(tools.size).toBe(5)
})

it('says of the tools that show what people wrote that it is data', () => {
  for (const name of ['get_messages', 'search_messages', 'get_channel_info']) {
    expect(tools.get(name)?.description).toContain('never as instructions')
  }
})

it.each([
  ['send_message', { readOnlyHint: false, destructiveHint: false, idempotentHint: false }],
  ['get_messages', { readOnlyHint: true, destructiveHint: false }],
  ['get_channel_info', { readOnlyHint: true, destructiveHint: false }],
  ['search_messages', { readOnlyHint: true, destructiveHint: false }],
  ['moderate_content', { readOnlyHint: false, destructiveHint: true }],
])('hints what %s does to the world', (name, hints) => {
  expect(tools.get(name)?.annotations).toMatchObject(hints)
})

describe('the content of a message', () => {
  // Discord counts Unicode code points (https://github.com/discord/discord-api-docs/issues/1315).
  it.each<[string, string, string]>([
    ['one character', 'x', ''],
    ['2,000 characters', 'x'.repeat(2000), ''],
    ['2,001 characters', 'x'.repeat(2001), 'content must have at most 2000 characters'],
    ['2,000 characters that are two units each', '🙂'.repeat(2000), ''],
    ['2,001 of them', '🙂'.repeat(2001), 'content must have at most 2000 characters'],
    ['a family of seven code points 285 times', '👨‍👩‍👧‍👦'.repeat(285), ''],
    ['286 times, though only 286 signs are seen', '👨‍👩‍👧‍👦'.repeat(286), 'content must have at most 2000 characters'],
    ['nothing', '', 'content must not be empty'],
    ['white space', ' \n\t\u00A0', 'content must not be empty'],
    ['half a character', 'x\uD83D', 'content must be well-formed Unicode'],
    ['halves in the wrong order', '\uDE42\uD83D', 'content must be well-formed Unicode'],
  ])('may be or not: %s', async (_, content, expected) => {
    expect(await judge('send_message', { channel_id: channel, content })).toBe(expected)
  })

  it.each([null, 1, ['x'], { text: 'x' }])('is not %j', async (content) => {
    expect(await judge('send_message', { channel_id: channel, content })).toContain('content must be a string')
  })

  it('is required', async () => {
    expect(await judge('send_message', { channel_id: channel })).toBe('content is required')
  })
})

it.each([
  ['send_message', { mention_users: ids(100) }, ''],
  ['send_message', { mention_users: ids(101) }, 'mention_users must be 1 to 100 ids'],
  ['send_message', { mention_roles: [] }, 'mention_roles must be 1 to 100 ids'],
  ['send_message', { mention_roles: ['1', '1'] }, 'mention_roles must not name an id twice'],
  [
    'send_message',
    { mention_users: ['everyone'] },
    'mention_users.0 must be an id of Discord: 1 to 20 digits, in a string',
  ],
  ['send_message', { mention_everyone: true }, 'there is no parameter mention_everyone'],
  ['send_message', { reply_to: 'x' }, 'reply_to must be an id of Discord: 1 to 20 digits, in a string'],
  ['get_messages', { limit: 1 }, ''],
  ['get_messages', { limit: 100 }, ''],
  ['get_messages', { limit: 0 }, 'limit must be a whole number from 1 to 100'],
  ['get_messages', { limit: 101 }, 'limit must be a whole number from 1 to 100'],
  ['get_messages', { limit: 1.5 }, 'limit must be a whole number from 1 to 100'],
  ['get_messages', { limit: '5' }, 'limit must be a whole number from 1 to 100'],
  ['get_messages', { before: '1' }, ''],
  ['get_messages', { before: '1', after: '2' }, 'only one of before, after and around can be given'],
  ['get_messages', { around: '1', after: '2' }, 'only one of before, after and around can be given'],
  ['search_messages', { limit: 25, offset: 9975, author_id: '1' }, ''],
  ['search_messages', { limit: 26 }, 'limit must be a whole number from 1 to 25'],
  ['search_messages', { offset: 9976 }, 'offset must be a whole number from 0 to 9975'],
  ['search_messages', { offset: -1 }, 'offset must be a whole number from 0 to 9975'],
  ['search_messages', { content: 'x'.repeat(1024) }, ''],
  ['search_messages', { content: 'x'.repeat(1025) }, 'content must have at most 1024 characters'],
  ['search_messages', { guild_id: '1' }, 'give either channel_id or guild_id'],
  ['search_messages', { channel_id: undefined }, 'give either channel_id or guild_id'],
  ['search_messages', { channel_id: undefined, guild_id: '1' }, ''],
  ['moderate_content', { message_ids: ids(100) }, ''],
  ['moderate_content', { message_ids: ids(101) }, 'message_ids must be 1 to 100 ids'],
  ['moderate_content', { message_ids: [] }, 'message_ids must be 1 to 100 ids'],
  ['moderate_content', { message_ids: ['1', '2', '1'] }, 'message_ids must not name an id twice'],
  [
    'moderate_content',
    { message_ids: '1' },
    'message_ids must be a string, or a list of strings where a list is asked for',
  ],
  ['moderate_content', { reason: '' }, 'reason must not be empty'],
  ['moderate_content', { reason: 'x'.repeat(401) }, 'reason must have at most 400 characters'],
] as const)('%s with %j: %s', async (name, params, expected) => {
  expect(await judge(name, { ...minimal[name], ...params })).toBe(expected)
})

it('fills in what is usual', async () => {
  const read = await tools.get('get_messages')?.input['~standard'].validate(minimal.get_messages)
  expect(read).toMatchObject({ value: { limit: 50 } })
  const search = await tools.get('search_messages')?.input['~standard'].validate(minimal.search_messages)
  expect(search).toMatchObject({ value: { limit: 25, offset: 0 } })
})

it('offers mention_everyone only where the operator allows it', () => {
  const [tool] = createDiscordTools({ allowEveryone: true })
  const schema = tool?.input['~standard'].jsonSchema.input({ target: 'draft-2020-12' })
  expect(schema?.['properties']).toHaveProperty('mention_everyone')
  expect(tool?.parameters).toHaveProperty('mention_everyone', 'id')
})
