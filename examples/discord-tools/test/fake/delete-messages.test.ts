/** What the fake lets a bot delete, and what it writes down. @module */
import { describe, expect, it } from 'vitest'
import type { FakeDiscordTools } from '../../src/fake/fake-discord-bot.ts'
import { fakeBotId, fakeChannelIds, fakeGuildIds, fakeUserIds } from '../../src/fake/ids.ts'
import { ask, buildRequest, createStillFake } from './support.ts'

const general = `/channels/${fakeChannelIds.general}/messages`
const done = [204, undefined]
const withoutManaging = (1n << 10n) | (1n << 11n) | (1n << 16n)

async function remove(fake: FakeDiscordTools, path: string, reason?: string): Promise<[number, unknown]> {
  return await ask(fake, path, { method: 'DELETE', headers: { 'x-audit-log-reason': reason } })
}

async function removeMany(
  fake: FakeDiscordTools,
  messages: unknown,
  channel: string = fakeChannelIds.general,
): Promise<[number, unknown]> {
  return await ask(fake, `/channels/${channel}/messages/bulk-delete`, { method: 'POST', body: { messages } })
}

describe('deleting a message', () => {
  it('of somebody else takes it away and writes the reason down', async () => {
    const { fake } = createStillFake()
    const { welcome } = fake.messages
    expect(await remove(fake, `${general}/${welcome}`, encodeURIComponent('für Nelly, 100%'))).toEqual(done)
    expect(await remove(fake, `${general}/${welcome}`)).toMatchObject([404, { code: 10_008 }])
    expect(fake.world.auditLog).toEqual([
      {
        id: expect.any(String),
        guildId: fakeGuildIds.testers,
        actionType: 72,
        userId: fakeBotId,
        targetId: fakeUserIds.clyde,
        channelId: fakeChannelIds.general,
        count: 1,
        reason: 'für Nelly, 100%',
      },
    ])
  })

  it('of somebody else needs MANAGE_MESSAGES, an own one does not and is not written down', async () => {
    const { fake } = createStillFake()
    fake.setBotPermissions(withoutManaging)
    expect(await remove(fake, `${general}/${fake.messages.welcome}`)).toMatchObject([403, { code: 50_013 }])
    expect(await remove(fake, `${general}/${fake.messages.bot}`, 'why')).toEqual(done)
    expect(fake.world.auditLog).toEqual([])
    expect(fake.world.messages.size).toBe(12)
  })

  it('is refused for the start of a thread, in a DM, and under the id of another channel', async () => {
    const { fake } = createStillFake()
    const { threadStart, directMessage, secret } = fake.messages
    const { thread } = fakeChannelIds
    expect(await remove(fake, `/channels/${thread}/messages/${threadStart}`)).toMatchObject([403, { code: 50_021 }])
    const direct = `/channels/${fakeChannelIds.directMessage}/messages/${directMessage}`
    expect(await remove(fake, direct)).toMatchObject([403, { code: 50_003 }])
    expect(await remove(fake, `${general}/${secret}`)).toMatchObject([404, { code: 10_008 }])
    expect(fake.world.messages.size).toBe(13)
  })

  it.each([
    ['', 'BASE_TYPE_MIN_LENGTH'],
    ['x'.repeat(513), 'BASE_TYPE_MAX_LENGTH'],
    ['100%', 'STRING_TYPE_CONVERT'],
    ['%ff', 'STRING_TYPE_CONVERT'],
    ['für', 'STRING_TYPE_CONVERT'],
  ])('with the reason %s is refused, and nothing is deleted', async (reason, code) => {
    const { fake } = createStillFake()
    expect(await remove(fake, `${general}/${fake.messages.welcome}`, reason)).toMatchObject([
      400,
      { code: 50_035, errors: { reason: { _errors: [{ code }] } } },
    ])
    expect(fake.world.messages.size).toBe(13)
  })

  it('takes a reason of 512 characters, however long it is when encoded', async () => {
    const { fake } = createStillFake()
    const reason = 'ü'.repeat(512)
    expect(await remove(fake, `${general}/${fake.messages.welcome}`, encodeURIComponent(reason))).toEqual(done)
    expect(fake.world.auditLog).toMatchObject([{ reason }])
  })
})

describe('deleting many messages', () => {
  it('takes away those of the channel and writes one entry', async () => {
    const { fake } = createStillFake()
    const { question, answer, secret } = fake.messages
    const path = `${general}/bulk-delete`
    const body = { messages: [question, answer, secret] }
    expect(await ask(fake, path, { method: 'POST', body, headers: { 'x-audit-log-reason': 'spam' } })).toEqual(done)
    expect(fake.world.messages.has(secret)).toBe(true)
    expect(fake.world.messages.size).toBe(11)
    expect(fake.world.auditLog).toMatchObject([
      { actionType: 73, targetId: fakeChannelIds.general, count: 2, reason: 'spam' },
    ])
  })

  it('counts ids of no message, and does nothing for them', async () => {
    const { fake } = createStillFake()
    const unknown = fake.world.issueId()
    expect(await removeMany(fake, [fake.messages.question, unknown])).toEqual(done)
    expect(await removeMany(fake, [fake.messages.question, unknown])).toEqual(done)
    expect(fake.world.auditLog).toHaveLength(1)
  })

  it.each([[0], [1], [101]])('refuses %i of them', async (count) => {
    const { fake } = createStillFake()
    const ids = Array.from({ length: count }, () => fake.world.issueId())
    expect(await removeMany(fake, ids)).toMatchObject([400, { code: 50_016 }])
  })

  it('takes a hundred', async () => {
    const { fake } = createStillFake()
    expect(
      await removeMany(
        fake,
        Array.from({ length: 100 }, () => fake.world.issueId()),
      ),
    ).toEqual(done)
  })

  it('refuses all of them when one is older than two weeks, even one that never was', async () => {
    const { fake, wait } = createStillFake()
    const { welcome, question, almostTwoWeeks } = fake.messages
    const tooOld = [400, { message: 'You can only bulk delete messages that are under 14 days old.', code: 50_034 }]
    expect(await removeMany(fake, [question, welcome])).toEqual(tooOld)
    expect(await removeMany(fake, [question, '1'])).toEqual(tooOld)
    expect(fake.world.messages.size).toBe(13)
    wait(3601)
    expect(await removeMany(fake, [question, almostTwoWeeks])).toEqual(tooOld)
  })

  it('takes a message that is not quite two weeks old', async () => {
    const { fake } = createStillFake()
    expect(await removeMany(fake, [fake.messages.almostTwoWeeks, fake.messages.question])).toEqual(done)
  })

  it('refuses an id that is repeated, one that is none, and no list', async () => {
    const { fake } = createStillFake()
    const { question } = fake.messages
    const errors = { messages: { 1: { _errors: [{ code: 'SET_TYPE_ALREADY_CONTAINS_VALUE' }] } } }
    expect(await removeMany(fake, [question, question])).toMatchObject([400, { code: 50_035, errors }])
    expect(await removeMany(fake, [question, 'last'])).toMatchObject([
      400,
      { errors: { messages: { 1: { _errors: [{ code: 'NUMBER_TYPE_COERCE' }] } } } },
    ])
    expect(await removeMany(fake, question)).toMatchObject([400, { errors: { messages: {} } }])
    expect(fake.world.messages.size).toBe(13)
  })

  it('needs MANAGE_MESSAGES for own messages too, and a channel of a server', async () => {
    const { fake } = createStillFake()
    const ids = [fake.messages.bot, fake.world.issueId()]
    expect(await removeMany(fake, ids, fakeChannelIds.directMessage)).toMatchObject([403, { code: 50_003 }])
    fake.setBotPermissions(withoutManaging)
    expect(await removeMany(fake, ids)).toMatchObject([403, { code: 50_013 }])
  })

  it('is not done for a request that a bad reason came with', async () => {
    const { fake } = createStillFake()
    const { question, answer } = fake.messages
    const sent = { method: 'POST', body: { messages: [question, answer] }, headers: { 'x-audit-log-reason': '%' } }
    const response = await fake.fetch(buildRequest(fake, `${general}/bulk-delete`, sent))
    expect([response.status, fake.world.messages.size]).toEqual([400, 13])
  })
})
