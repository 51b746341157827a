import { expect, it } from 'vitest'
import {
  fakeChannelIds as channels,
  fakeBotId,
  fakeGuildIds as guilds,
  fakeRoleIds as roles,
  fakeUserIds as users,
} from '../../src/fake/ids.ts'
import { fakePermissions as permissions } from '../../src/fake/permission-rules.ts'
import { createDesk, type Desk } from './support/desk.ts'

const general = { channel_id: channels.general }

it('sends, and shows the message', async () => {
  const desk = createDesk()
  const result = await desk.call('send_message', { ...general, content: 'Hello' }, users.nelly)
  expect(result).toEqual({
    message: {
      id: expect.stringMatching(/^\d+$/),
      channel_id: channels.general,
      author: { id: fakeBotId, username: 'mcp-bot', display_name: 'mcp-bot', is_bot: true },
      content: 'Hello',
      timestamp: new Date(desk.clock.now() * 1000).toISOString(),
      edited_timestamp: null,
      reply_to: null,
      attachments: 0,
      embeds: 0,
    },
  })
})

it.each(['Hi @everyone', '@here', `<@${users.rosie}> and <@&${roles.moderator}>`])(
  'notifies nobody by %j',
  async (content) => {
    const desk = createDesk()
    await desk.call('send_message', { ...general, content }, users.nelly)
    expect(lastBody(desk, 'createMessage')).toMatchObject({ allowed_mentions: { parse: [] } })
    const [message] = [...desk.fake.world.messages.values()].slice(-1)
    expect(message?.pings).toEqual({ everyone: false, users: [], roles: [] })
  },
)

it('notifies those who are named, and nobody else', async () => {
  const desk = createDesk()
  const content = `@everyone <@${users.rosie}> <@${users.marvin}> <@&${roles.moderator}>`
  await desk.call(
    'send_message',
    { ...general, content, mention_users: [users.rosie], mention_roles: [roles.moderator] },
    users.rosie,
  )
  const [message] = [...desk.fake.world.messages.values()].slice(-1)
  expect(message?.pings).toEqual({ everyone: false, users: [users.rosie], roles: [roles.moderator] })
})

it('notifies no role through the bot that the user may not mention', async () => {
  const desk = createDesk()
  const message = { ...general, content: `<@&${roles.muted}>`, mention_roles: [roles.muted] }
  const refused = { code: 'user_permission', permissions: ['MENTION_EVERYONE'] }
  await expect(desk.call('send_message', message, users.rosie)).rejects.toMatchObject(refused)
  await expect(desk.call('send_message', { ...message, mention_roles: ['404'] }, users.rosie)).rejects.toMatchObject(
    refused,
  )
  expect(desk.asked()).not.toContain('createMessage')
  await expect(desk.call('send_message', message, users.nelly)).resolves.toBeDefined()
})

it('notifies everyone only where the operator and the user’s permissions allow it', async () => {
  const desk = createDesk({ tools: { allowEveryone: true } })
  const message = { ...general, content: '@everyone', mention_everyone: true }
  const refused = { code: 'user_permission', permissions: ['MENTION_EVERYONE'] }
  await expect(desk.call('send_message', message, users.rosie)).rejects.toMatchObject(refused)
  await desk.call('send_message', message, users.nelly)
  expect(lastBody(desk, 'createMessage')).toMatchObject({ allowed_mentions: { parse: ['everyone'] } })
  await desk.call('send_message', { ...message, mention_everyone: false }, users.nelly)
  expect(lastBody(desk, 'createMessage')).toMatchObject({ allowed_mentions: { parse: [] } })
})

it('answers a message', async () => {
  const desk = createDesk()
  const { question } = desk.fake.messages
  const result = await desk.call('send_message', { ...general, content: 'Soon', reply_to: question }, users.nelly)
  expect(result).toMatchObject({ message: { reply_to: question } })
})

it('says which parameter is wrong when the message to answer is none', async () => {
  const desk = createDesk()
  const reply = { ...general, content: 'Soon', reply_to: '175928847299117063' }
  await expect(desk.call('send_message', reply, users.nelly)).rejects.toMatchObject({
    code: 'invalid_parameter',
    parameter: 'reply_to',
  })
})

it('posts once when Discord did it and the answer was lost', async () => {
  const desk = createDesk()
  desk.fake.faults.fail('createMessage', 'lost', 1)
  const count = desk.fake.world.messages.size
  await desk.call('send_message', { ...general, content: 'Once' }, users.nelly)
  expect(desk.fake.receivedOn('createMessage')).toHaveLength(2)
  expect(desk.fake.world.messages.size).toBe(count + 1)
})

it('says which permissions the bot lacks', async () => {
  const desk = createDesk()
  desk.fake.setBotPermissions(permissions.viewChannel)
  const error = { code: 'missing_permission', status: 403, message: expect.stringContaining('SEND_MESSAGES') }
  await expect(desk.call('send_message', { ...general, content: 'x' }, users.nelly)).rejects.toMatchObject(error)
})

it('says to callers with the bot’s rights when the bot cannot see a channel', async () => {
  const desk = createDesk()
  desk.fake.setBotPermissions(0n)
  await expect(desk.call('send_message', { ...general, content: 'x' })).rejects.toMatchObject({
    code: 'missing_access',
  })
})

it('writes into a locked thread only for those who manage threads, as Discord does', async () => {
  const desk = createDesk()
  const locked = {
    id: channels.thread,
    type: 11,
    guild_id: guilds.testers,
    parent_id: channels.general,
    thread_metadata: { archived: true, locked: true },
  }
  const send = async (user: string): Promise<unknown> => {
    desk.fake.faults.fail('channel', () => Response.json(locked), 1)
    return await desk.call('send_message', { channel_id: channels.thread, content: 'Psst' }, user)
  }
  const refused = { code: 'user_permission', permissions: ['MANAGE_THREADS'] }
  await expect(send(users.rosie)).rejects.toMatchObject(refused)
  expect(desk.asked()).not.toContain('createMessage')
  await expect(send(users.clyde)).resolves.toBeDefined()
})

/** Body of the last request to a route. */
function lastBody(desk: Desk, route: 'createMessage' | 'bulkDelete'): unknown {
  return JSON.parse(desk.fake.receivedOn(route).at(-1)?.body ?? 'null')
}
