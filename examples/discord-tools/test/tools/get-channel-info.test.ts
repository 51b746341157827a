import { expect, it } from 'vitest'
import {
  fakeChannelIds as channels,
  fakeGuildIds as guilds,
  fakeRoleIds as roles,
  fakeUserIds as users,
} from '../../src/fake/ids.ts'
import { createDesk } from './support/desk.ts'

const general = { channel_id: channels.general }

it('describes a channel and a thread', async () => {
  const desk = createDesk()
  expect(await desk.call('get_channel_info', general, users.rosie)).toEqual({
    channel: {
      id: channels.general,
      type: 'text',
      name: 'general',
      topic: '24/7 chat',
      guild_id: guilds.testers,
      parent_id: channels.category,
      is_age_restricted: false,
      slow_mode_seconds: 0,
    },
  })
  expect(await desk.call('get_channel_info', { channel_id: channels.thread })).toMatchObject({
    channel: { type: 'public_thread', parent_id: channels.general, is_archived: false, is_locked: false },
  })
})

it('shows no permissions, and nobody who takes part', async () => {
  const desk = createDesk()
  for (const channel of [channels.moderators, channels.directMessage]) {
    const text = JSON.stringify(await desk.call('get_channel_info', { channel_id: channel }, users.nelly))
    expect(text).not.toContain(roles.moderator)
    expect(text).not.toContain(users.nelly)
  }
})
