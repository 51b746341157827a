/** The channels the fake starts with. @module */
import { fakeBotId, fakeChannelIds, fakeGuildIds, fakeRoleIds, fakeUserIds } from './ids.ts'
import { fakePermissions } from './permission-rules.ts'
import type { FakeChannel, FakeOverwrite } from './state.ts'

const { viewChannel, sendMessages } = fakePermissions

/** Creates them. */
export function createChannels(): FakeChannel[] {
  const { category, general, announcements, moderators, thread, lounge, directMessage, seedlings } = fakeChannelIds
  const { everyone, moderator, muted, bot } = fakeRoleIds
  const silent = forRole(muted, 0n, sendMessages)
  return [
    createChannel(category, 'Text channels', { type: 4, parentId: null }),
    createChannel(general, 'general', { topic: '24/7 chat', overwrites: [silent] }),
    createChannel(announcements, 'announcements', {
      type: 5,
      overwrites: [
        forRole(everyone, 0n, sendMessages),
        forRole(moderator, sendMessages, 0n),
        forRole(bot, sendMessages, 0n),
        silent,
      ],
    }),
    createChannel(moderators, 'moderators', {
      overwrites: [
        forRole(everyone, 0n, viewChannel),
        forRole(moderator, viewChannel, 0n),
        forRole(bot, viewChannel, 0n),
      ],
    }),
    createChannel(thread, 'release notes', {
      type: 11,
      parentId: general,
      participants: [fakeUserIds.nelly, fakeUserIds.rosie],
    }),
    createChannel(lounge, 'lounge', { type: 2 }),
    createDirectMessage(directMessage, [fakeBotId, fakeUserIds.nelly]),
    createChannel(seedlings, 'seedlings', { guildId: fakeGuildIds.gardenClub, parentId: null }),
  ]
}

/** Creates a DM of two. */
export function createDirectMessage(id: string, participants: readonly string[]): FakeChannel {
  return {
    id,
    type: 1,
    name: '',
    topic: null,
    parentId: null,
    position: 0,
    slowMode: 0,
    overwrites: new Map(),
    participants: new Set(participants),
  }
}

/** What is left out is as in general, without overwrites. */
export interface FakeChannelOptions {
  readonly type?: FakeChannel['type']
  readonly guildId?: string
  readonly topic?: string
  readonly parentId?: string | null
  readonly overwrites?: readonly FakeOverwrite[]
  /** Ids of the users of a thread. */
  readonly participants?: readonly string[]
}

/** Creates a channel of a server, for a `seed` as well. */
export function createChannel(id: string, name: string, options: FakeChannelOptions = {}): FakeChannel {
  const { overwrites = [], participants = [] } = options
  return {
    id,
    type: options.type ?? 0,
    guildId: options.guildId ?? fakeGuildIds.testers,
    name,
    topic: options.topic ?? null,
    parentId: options.parentId === undefined ? fakeChannelIds.category : options.parentId,
    position: Number(BigInt(id) % 10n),
    slowMode: 0,
    overwrites: new Map(overwrites.map((overwrite) => [overwrite.id, overwrite])),
    participants: new Set(participants),
  }
}

function forRole(id: string, allow: bigint, deny: bigint): FakeOverwrite {
  return { id, type: 'role', allow, deny }
}
