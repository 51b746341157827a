import { expect, it } from 'vitest'
import { fakeChannelIds as channels, fakeUserIds as users } from '../../src/fake/ids.ts'
import { fakePermissions as permissions } from '../../src/fake/permission-rules.ts'
import { createDesk, type Desk } from './support/desk.ts'

const twoWeeks = 14 * 24 * 3600
const general = { channel_id: channels.general }

const moderate = async (desk: Desk, messageIds: readonly string[], user?: string) =>
  await desk.call('moderate_content', { ...general, message_ids: messageIds, reason: 'Spam – „Werbung“' }, user)

it('deletes one message, however old, and says who asked and why in the audit log', async () => {
  const desk = createDesk()
  const { welcome } = desk.fake.messages
  expect(await moderate(desk, [welcome], users.nelly)).toEqual({ channel_id: channels.general, deleted: [welcome] })
  expect(desk.fake.world.messages.has(welcome)).toBe(false)
  expect(desk.fake.world.auditLog.at(-1)?.reason).toBe(`mcp:moderate_content by ${users.nelly}: Spam – „Werbung“`)
})

it('deletes several at once', async () => {
  const desk = createDesk()
  const { question, answer, almostTwoWeeks } = desk.fake.messages
  const all = [question, answer, almostTwoWeeks]
  expect(await moderate(desk, all, users.nelly)).toMatchObject({ channel_id: channels.general, requested: all })
  expect(lastBody(desk, 'bulkDelete')).toEqual({ messages: [question, answer, almostTwoWeeks] })
  expect(desk.fake.world.messages.has(question)).toBe(false)
  expect(desk.fake.world.auditLog.at(-1)?.reason).toContain(users.nelly)
})

it('deletes several of which one is a millisecond younger than 14 days', async () => {
  const desk = createDesk()
  const edge = idAt(desk.clock.now() - twoWeeks + 0.001)
  await moderate(desk, [edge, desk.fake.messages.question])
  expect(desk.asked()).toEqual(['bulkDelete'])
})

it.each([0, 0.001, 3600])(
  'refuses several of which one is 14 days and %d seconds old, names it, and asks nothing',
  async (older) => {
    const desk = createDesk()
    const edge = idAt(desk.clock.now() - twoWeeks - older)
    const refused = { code: 'messages_too_old', status: 400, ids: [edge], message: expect.stringContaining(edge) }
    await expect(moderate(desk, [edge, desk.fake.messages.question])).rejects.toMatchObject(refused)
    expect(desk.asked()).toEqual([])
  },
)

it('says so when Discord’s clock decides otherwise', async () => {
  const desk = createDesk()
  const body = { message: 'You can only bulk delete messages that are under 14 days old.', code: 50_034 }
  desk.fake.faults.fail('bulkDelete', () => Response.json(body, { status: 400 }), 1)
  const { question, answer } = desk.fake.messages
  await expect(moderate(desk, [question, answer])).rejects.toMatchObject({ code: 'messages_too_old', ids: undefined })
})

it('keeps the reason within 512 characters, whoever asks, and breaks no character', async () => {
  const desk = createDesk()
  const params = { ...general, message_ids: [desk.fake.messages.question], reason: '🙂'.repeat(400) }
  const actor = { subject: `\uD83D${'🙂'.repeat(300)}`, clientId: 'c' }
  await desk.call('moderate_content', params, undefined, { actor })
  const reason = desk.fake.world.auditLog.at(-1)?.reason ?? ''
  expect(Array.from(reason).length).toBeLessThanOrEqual(512)
  expect(reason).toMatch(/^mcp:moderate_content by (🙂){64}: (🙂){400}$/u)
})

it('names the message that is not there', async () => {
  const desk = createDesk()
  await expect(moderate(desk, ['175928847299117063'], users.nelly)).rejects.toMatchObject({
    code: 'unknown_message',
    status: 404,
  })
})

it('claims of no message that it was there and is deleted, where Discord does not say so', async () => {
  const desk = createDesk()
  const never = [idAt(desk.clock.now() - 60), idAt(desk.clock.now() - 30)]
  expect(await moderate(desk, never)).toEqual({
    channel_id: channels.general,
    requested: never,
    note: expect.stringContaining('does not say which'),
  })
})

it('is for servers', async () => {
  const desk = createDesk()
  const params = { channel_id: channels.directMessage, message_ids: [desk.fake.messages.directMessage], reason: 'x' }
  await expect(desk.call('moderate_content', params, users.nelly)).rejects.toMatchObject({ code: 'only_in_servers' })
  expect(desk.fake.world.messages.has(desk.fake.messages.directMessage)).toBe(true)
})

it('says which permissions the bot lacks', async () => {
  const desk = createDesk()
  desk.fake.setBotPermissions(permissions.viewChannel | permissions.readMessageHistory)
  const error = { code: 'missing_permission', message: expect.stringContaining('MANAGE_MESSAGES') }
  await expect(moderate(desk, [desk.fake.messages.question], users.nelly)).rejects.toMatchObject(error)
})

/** Body of the last request to a route. */
function lastBody(desk: Desk, route: 'createMessage' | 'bulkDelete'): unknown {
  return JSON.parse(desk.fake.receivedOn(route).at(-1)?.body ?? 'null')
}

/** An id of that moment, in seconds since the epoch. */
function idAt(time: number): string {
  return String((BigInt(Math.round(time * 1000)) - 1_420_070_400_000n) << 22n)
}
