import { expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../../../packages/store-redis/test/support/free-port.ts'
import { createDiscordBot } from '../../src/discord/bot.ts'
import { createDiscordTraffic } from '../../src/discord/traffic.ts'
import { fakeChannelIds as channels } from '../../src/fake/ids.ts'
import { startFakeDiscordTools } from '../../src/fake/start.ts'

const plain = { content: 'Hello over a socket', allowedMentions: { parse: [] } } as const

it('works over a real connection, with the clock and the timers of the machine', async () => {
  const discord = await startFakeDiscordTools()
  onTestFinished(async () => await discord.close())
  const { fake, apiUrl, botToken } = discord
  const { signal } = new AbortController()
  const bot = createDiscordBot({ token: botToken, apiUrl: `${apiUrl}/`, traffic: createDiscordTraffic() })
  const sent = await bot.createMessage(channels.general, plain, signal)
  const [newest] = await bot.getMessages(channels.general, { limit: 1 }, signal)
  expect(newest).toMatchObject({ id: sent.id, content: plain.content })
  await bot.deleteMessage(channels.general, fake.messages.question, 'Grüße – 🙂', signal)
  expect(fake.world.auditLog.at(-1)?.reason).toBe('Grüße – 🙂')

  // The token must not follow to another host.
  fake.faults.fail('channel', 'redirect', 2)
  await expect(bot.getChannel(channels.general, signal)).rejects.toMatchObject({ code: 'unreachable' })
})

it('says that Discord cannot be reached when nobody listens', async () => {
  const discord = await startFakeDiscordTools({ port: await freePort() })
  await discord.close()
  const { apiUrl, botToken } = discord
  const limits = { retryPauseSeconds: 0.001 }
  const bot = createDiscordBot({ token: botToken, apiUrl, traffic: createDiscordTraffic({ limits }) })
  const { signal } = new AbortController()
  const message = 'Discord cannot be reached. Nothing was done; try again later.'
  await expect(bot.createMessage(channels.general, plain, signal)).rejects.toMatchObject({
    code: 'unreachable',
    message,
  })
})
