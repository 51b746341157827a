/** The tools at work on the fake Discord, with a clock that stands still. @module */
import { createDiscordBot } from '../../../src/discord/bot.ts'
import { createDiscordTraffic } from '../../../src/discord/traffic.ts'
import {
  createFakeDiscordTools,
  type FakeDiscordTools,
  type FakeDiscordToolsOptions,
} from '../../../src/fake/fake-discord-bot.ts'
import { createDiscordTools, type DiscordToolsOptions } from '../../../src/tools/index.ts'
import type { ToolActor, ToolContext } from '../../../src/tools/tool.ts'
import { type Clock, createClock } from '../../discord/support/clock.ts'

/** The tools, and what is around them. */
export interface Desk {
  readonly fake: FakeDiscordTools
  readonly clock: Clock
  /** Calls a tool as a server would; `user` is somebody who signed in with Discord. */
  call(tool: string, params: unknown, user?: string, changes?: Partial<ToolContext>): Promise<Record<string, unknown>>
  /** Routes that were asked, in order. */
  asked(): string[]
}

export interface DeskOptions {
  readonly tools?: DiscordToolsOptions
  readonly fake?: FakeDiscordToolsOptions
}

export function createDesk(options: DeskOptions = {}): Desk {
  const clock = createClock()
  const fake = createFakeDiscordTools({ ...options.fake, now: clock.now })
  const traffic = createDiscordTraffic({ now: clock.now, wait: clock.wait })
  const tools = createDiscordTools(options.tools)
  return {
    fake,
    clock,
    asked: () => fake.received.map(({ route }) => route),
    async call(name, params, user, changes = {}) {
      const tool = tools.find((one) => one.name === name)
      if (!tool) throw new TypeError(`no tool ${name}`)
      const parsed = await tool.input['~standard'].validate(params)
      if (parsed.issues) throw new TypeError(JSON.stringify(parsed.issues))
      const actor: ToolActor = { subject: user ?? 'operator', clientId: 'client', ...(user && { discordUserId: user }) }
      const bot = createDiscordBot({
        token: fake.botToken,
        apiUrl: 'https://discord.com/api/v10',
        traffic,
        fetch: async (input, init) => await fake.fetch(new Request(input, init)),
      })
      return await tool.run(parsed.value, {
        bot,
        actor,
        signal: new AbortController().signal,
        now: clock.now,
        ...changes,
      })
    },
  }
}
