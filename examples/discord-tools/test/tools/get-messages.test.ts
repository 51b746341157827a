import { expect, it } from 'vitest'
import { fakeChannelIds as channels, fakeUserIds as users } from '../../src/fake/ids.ts'
import { fakePermissions as permissions } from '../../src/fake/permission-rules.ts'
import { createDesk } from './support/desk.ts'

const general = { channel_id: channels.general }

it('reads a channel, newest first, and marks bots', async () => {
  const desk = createDesk()
  const { messages: known } = desk.fake
  const result = await desk.call('get_messages', { ...general, limit: 2 }, users.rosie)
  expect(result).toEqual({
    channel_id: channels.general,
    messages: [
      expect.objectContaining({ id: known.bot, author: expect.objectContaining({ is_bot: true }) }),
      expect.objectContaining({ id: known.muted, content: 'Buy cheap followers here' }),
    ],
  })
})

it.each(['before', 'after', 'around'] as const)('passes %s on', async (name) => {
  const desk = createDesk()
  await desk.call('get_messages', { ...general, [name]: desk.fake.messages.question })
  const query = Object.fromEntries(desk.fake.receivedOn('listMessages')[0]?.query ?? [])
  expect(query).toEqual({ limit: '50', [name]: desk.fake.messages.question })
})

it('says so when messages come without their content', async () => {
  const desk = createDesk()
  for (const bot of desk.fake.world.bots.values()) bot.messageContent = false
  const result = await desk.call('get_messages', general, users.rosie)
  expect(result).toMatchObject({ note: expect.stringContaining('MESSAGE_CONTENT') })
  for (const bot of desk.fake.world.bots.values()) bot.messageContent = true
  expect(await desk.call('get_messages', general, users.rosie)).not.toHaveProperty('note')
})

it('explains an empty list, which is what Discord shows where the bot lacks a permission', async () => {
  const desk = createDesk()
  desk.fake.setBotPermissions(permissions.viewChannel)
  expect(await desk.call('get_messages', general)).toEqual({
    channel_id: channels.general,
    messages: [],
    note: expect.stringContaining('READ_MESSAGE_HISTORY'),
  })
})
