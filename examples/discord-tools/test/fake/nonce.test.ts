/** What the fake makes of the nonce of a message. @module */
import { describe, expect, it } from 'vitest'
import type { FakeDiscordTools } from '../../src/fake/fake-discord-bot.ts'
import { fakeChannelIds } from '../../src/fake/ids.ts'
import { ask, buildRequest, createStillFake } from './support.ts'

const path = `/channels/${fakeChannelIds.general}/messages`

async function post(fake: FakeDiscordTools, body: unknown): Promise<[number, unknown]> {
  return await ask(fake, path, { method: 'POST', body })
}

describe('a nonce', () => {
  const body = { content: 'once', nonce: 'n-1', enforce_nonce: true }

  it('that is enforced gives the first message again, for a few minutes', async () => {
    const { fake, wait } = createStillFake()
    const first = await post(fake, body)
    expect(first).toMatchObject([200, { content: 'once', nonce: 'n-1' }])
    wait(299)
    expect(await post(fake, { ...body, content: 'twice' })).toEqual(first)
    expect(fake.world.messages.size).toBe(14)
    wait(2)
    const [, later] = await post(fake, body)
    expect(later).not.toEqual(first[1])
  })

  it('of another bot is another nonce', async () => {
    const { fake } = createStillFake()
    const userId = '300000000000000001'
    const second = { applicationId: '2', userId, username: 'second', messageContent: true, redirectUris: [] }
    const token = fake.registerBot(second)
    fake.join(userId)
    await post(fake, body)
    expect(await ask(fake, path, { method: 'POST', body, token })).toMatchObject([200, { author: { id: userId } }])
    expect(fake.world.messages.size).toBe(15)
  })

  it('that is not enforced does not stop a second message', async () => {
    const { fake } = createStillFake()
    await post(fake, { ...body, enforce_nonce: false })
    await post(fake, body)
    expect(fake.world.messages.size).toBe(14)
    await post(fake, { ...body, enforce_nonce: false })
    expect(fake.world.messages.size).toBe(15)
  })

  it('finds the message of an answer that was lost', async () => {
    const { fake } = createStillFake()
    fake.faults.fail('createMessage', 'lost', 1)
    const lost = await fake.fetch(buildRequest(fake, path, { method: 'POST', body }))
    expect(lost.status).toBe(502)
    expect(fake.world.messages.size).toBe(14)
    expect(await post(fake, body)).toMatchObject([200, { content: 'once' }])
    expect(fake.world.messages.size).toBe(14)
  })
})
