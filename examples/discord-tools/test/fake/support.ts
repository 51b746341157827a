/** A bot that asks the fake. @module */
import {
  createFakeDiscordTools,
  type FakeDiscordTools,
  type FakeDiscordToolsOptions,
} from '../../src/fake/fake-discord-bot.ts'

/** 2026-11-21T12:00:00Z, in seconds since the epoch. */
export const start = 1_795_262_400

/** A fake whose clock stands still until it is moved. */
export interface StillFake {
  readonly fake: FakeDiscordTools
  /** Moves the clock on by so many seconds. */
  readonly wait: (seconds: number) => void
}

/** Creates the fake. */
export function createStillFake(options: FakeDiscordToolsOptions = {}): StillFake {
  let time = start
  const fake = createFakeDiscordTools({ now: () => time, ...options })
  return {
    fake,
    wait: (seconds) => {
      time += seconds
    },
  }
}

/** What a bot may send. */
export interface Sent {
  readonly method?: string
  /** Sent as JSON. */
  readonly body?: unknown
  /** Replaces or adds headers; `undefined` takes one away. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly token?: string
  readonly signal?: AbortSignal
}

/** Builds a request of the bot to a path of the API. */
export function buildRequest(fake: FakeDiscordTools, path: string, sent: Sent = {}): Request {
  const headers: Record<string, string | undefined> = {
    'user-agent': 'DiscordBot (https://bot.example, 1.0.0)',
    authorization: `Bot ${sent.token ?? fake.botToken}`,
    ...(sent.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...sent.headers,
  }
  const present = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  )
  return new Request(`https://discord.com/api/v10${path}`, {
    method: sent.method ?? 'GET',
    headers: present,
    ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body) }),
    ...(sent.signal === undefined ? {} : { signal: sent.signal }),
  })
}

/** Status and body of an answer; no body is `undefined`. */
export async function ask(fake: FakeDiscordTools, path: string, sent?: Sent): Promise<[number, unknown]> {
  return await readAnswer(await fake.fetch(buildRequest(fake, path, sent)))
}

/** Status and JSON body. */
export async function readAnswer(response: Response): Promise<[number, unknown]> {
  const text = await response.text()
  const body: unknown = text === '' ? undefined : JSON.parse(text)
  return [response.status, body]
}

/** Ids of a list of objects. */
export function idsOf(list: unknown): unknown[] {
  return Array.isArray(list) ? list.map((entry: { readonly id: unknown }) => entry.id) : []
}
