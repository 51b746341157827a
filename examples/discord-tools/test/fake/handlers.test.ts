/** The fake behind Mock Service Worker. @module */
import { setupServer } from 'msw/node'
import { afterEach, describe, expect, it } from 'vitest'
import { discordToolsHandlers } from '../../src/fake/handlers.ts'
import { fakeChannelIds } from '../../src/fake/ids.ts'
import { createStillFake, readAnswer } from './support.ts'

const url = `https://discord.com/api/v10/channels/${fakeChannelIds.general}/messages`
const { fake } = createStillFake()
const server = setupServer(...discordToolsHandlers(fake))
const headers = {
  authorization: `Bot ${fake.botToken}`,
  'user-agent': 'DiscordBot (https://bot.example, 1.0.0)',
  'content-type': 'application/json',
}

afterEach(() => server.close())

describe('the handlers', () => {
  it('answer for discord.com, bot API and login', async () => {
    server.listen({ onUnhandledFrame: 'error' })
    const sent = await fetch(url, { method: 'POST', headers, body: '{"content":"hello"}' })
    expect(await readAnswer(sent)).toMatchObject([200, { content: 'hello' }])
    expect((await fetch(url)).status).toBe(403)
    const { access_token } = fake.login.issueTokens()
    const user = await fetch('https://discord.com/api/v10/users/@me', {
      headers: { authorization: `Bearer ${access_token}`, 'user-agent': headers['user-agent'] },
    })
    expect(await readAnswer(user)).toMatchObject([200, { username: 'nelly' }])
    expect((await fetch('https://discord.com/.well-known/openid-configuration')).status).toBe(200)
    expect((await fetch('https://discord.com/oauth2/authorize')).status).toBe(400)
  })

  it('break the connection for the fault abort', async () => {
    server.listen({ onUnhandledFrame: 'error' })
    fake.faults.fail('listMessages', 'abort', 1)
    await expect(fetch(url, { headers })).rejects.toThrow(TypeError)
    expect((await fetch(url, { headers })).status).toBe(200)
  })
})
