/** Whom a message of the fake notifies. @module */
import { describe, expect, it } from 'vitest'
import { fakeBotId, fakeChannelIds, fakeGuildIds, fakeRoleIds, fakeUserIds } from '../../src/fake/ids.ts'
import type { FakePings } from '../../src/fake/state.ts'
import { ask, createStillFake } from './support.ts'

const { nelly, rosie } = fakeUserIds
const { moderator, muted } = fakeRoleIds
const content = `@here <@${nelly}> <@!${rosie}> <@${nelly}> <@1> <@&${moderator}> <@&${muted}> <@&2>`
const nobody = { everyone: false, users: [], roles: [] }

/** Sends the content above and tells whom it notified. */
async function pingsOf(
  allowed: unknown,
  setUp: (fake: ReturnType<typeof createStillFake>['fake']) => void = () => undefined,
): Promise<FakePings | undefined> {
  const { fake } = createStillFake()
  setUp(fake)
  const body = { content, ...(allowed === undefined ? {} : { allowed_mentions: allowed }) }
  const [status, message] = await ask(fake, `/channels/${fakeChannelIds.general}/messages`, { method: 'POST', body })
  expect(status).toBe(200)
  const pings = [...fake.world.messages.values()].at(-1)?.pings
  expect(message).toMatchObject({
    mention_everyone: pings?.everyone,
    mention_roles: pings?.roles,
    mentions: pings?.users.map((id) => ({ id })),
  })
  return pings
}

describe('a message with mentions', () => {
  it('notifies all of them when nothing was said about it', async () => {
    expect(await pingsOf(undefined)).toEqual({ everyone: true, users: [nelly, rosie], roles: [moderator, muted] })
  })

  it.each([
    [{ parse: [] }, nobody],
    [{}, nobody],
    [{ parse: ['everyone'] }, { ...nobody, everyone: true }],
    [{ parse: ['users'] }, { ...nobody, users: [nelly, rosie] }],
    [
      { parse: ['users', 'roles'], users: [] },
      { ...nobody, users: [nelly, rosie], roles: [moderator, muted] },
    ],
    [
      { parse: [], users: [rosie, fakeBotId] },
      { ...nobody, users: [rosie] },
    ],
    [
      { parse: ['everyone'], roles: [moderator] },
      { everyone: true, users: [], roles: [moderator] },
    ],
  ])('allowed as %j notifies only those', async (allowed, expected) => {
    expect(await pingsOf(allowed)).toEqual(expected)
  })

  it('notifies neither everyone nor a role that is not for mentioning without MENTION_EVERYONE', async () => {
    const pings = await pingsOf(undefined, (fake) => fake.setBotPermissions((1n << 10n) | (1n << 11n)))
    expect(pings).toEqual({ everyone: false, users: [nelly, rosie], roles: [moderator] })
  })

  it('notifies no role of another server', async () => {
    const { fake } = createStillFake()
    const path = `/channels/${fakeChannelIds.general}/messages`
    await ask(fake, path, { method: 'POST', body: { content: `<@&${fakeGuildIds.gardenClub}>` } })
    expect([...fake.world.messages.values()].at(-1)?.pings).toEqual(nobody)
  })
})
