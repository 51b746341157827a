import { expect, it } from 'vitest'
import type { DiscordMessage } from '../../src/discord/objects.ts'
import { noteMissingContent, toPlainMessage } from '../../src/tools/messages.ts'

const message: DiscordMessage = {
  id: '2',
  channel_id: '1',
  type: 0,
  author: { id: '3', username: 'nelly', global_name: null },
  content: 'Hello',
  timestamp: '2026-11-20T10:00:00.123456+02:00',
  edited_timestamp: null,
}

it('shows a message in few words', () => {
  const attachments = [{ url: 'https://cdn.example/secret' }]
  expect(toPlainMessage({ ...message, attachments, edited_timestamp: '2026-11-20T10:00:01+00:00' })).toEqual({
    id: '2',
    channel_id: '1',
    author: { id: '3', username: 'nelly', display_name: 'nelly', is_bot: false },
    content: 'Hello',
    timestamp: '2026-11-20T08:00:00.123Z',
    edited_timestamp: '2026-11-20T10:00:01.000Z',
    reply_to: null,
    attachments: 1,
    embeds: 0,
  })
})

it.each([
  ['a reply', { message_id: '9', channel_id: '1' }, '9'],
  ['a reply, named', { type: 0, message_id: '9', channel_id: '1' }, '9'],
  ['a forward, which may come from where the reader may not look', { type: 1, message_id: '9', channel_id: '7' }, null],
  ['a forward within the channel', { type: 1, message_id: '9', channel_id: '1' }, null],
  ['a message that was followed from another channel', { message_id: '9', channel_id: '7' }, null],
  ['nothing', null, null],
])('refers to another message for %s', (_, reference, expected) => {
  expect(toPlainMessage({ ...message, message_reference: reference }).reply_to).toBe(expected)
})

it.each<[string, Partial<DiscordMessage>, boolean]>([
  ['nothing at all', {}, true],
  ['empty lists', { attachments: [], embeds: [], components: [], sticker_items: [] }, true],
  ['a reply with nothing', { type: 19 }, true],
  ['content', { content: 'x' }, false],
  ['a picture', { attachments: [{}] }, false],
  ['a sticker', { sticker_items: [{}] }, false],
  ['a poll', { poll: {} }, false],
  ['a forward', { message_snapshots: [{}] }, false],
  ['a join, which has no content', { type: 7 }, false],
])('judges whether content is missing of a message with %s', (_, parts, isMissing) => {
  const note = noteMissingContent([
    { ...message, content: 'fine' },
    { ...message, content: '', ...parts },
  ])
  expect('note' in note).toBe(isMissing)
})

it('makes a time that nobody can read no error', () => {
  expect(toPlainMessage({ ...message, timestamp: 'yesterday' }).timestamp).toBe('')
})
