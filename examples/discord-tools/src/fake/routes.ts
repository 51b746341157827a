/** The bot API: what every request has to pass, and the endpoints behind it. @module */
import { notAnId, type RefusalName, refuse, refuseForm } from './answers.ts'
import { answerCreateMessage } from './create-message.ts'
import { answerBulkDelete, answerDeleteMessage } from './delete-messages.ts'
import type { BotCall } from './desk.ts'
import type { EndpointCall } from './endpoint-call.ts'
import { buildBlockedAnswer } from './faults.ts'
import {
  answerChannel,
  answerCurrentApplication,
  answerCurrentUser,
  answerGuild,
  answerGuildChannels,
  answerGuildMember,
  answerGuildRoles,
  answerThreadMember,
} from './look-ups.ts'
import { answerGetMessage, answerListMessages } from './read-messages.ts'
import { answerSearchMessages } from './search-messages.ts'
import { isId } from './snowflakes.ts'
import type { FakeBotRoute, FakeDiscordWorld } from './state.ts'

/** [User agents](https://docs.discord.com/developers/reference#user-agent) of another form may be blocked. */
const userAgentForm = /^DiscordBot \(.+, .+\)/

/** The maximum request size of a message is 25 MiB. */
const maximumBytes = 25 * 1024 * 1024

const endpoints: Readonly<Record<Exclude<FakeBotRoute, 'unknown'>, (call: EndpointCall) => Response>> = {
  currentUser: answerCurrentUser,
  currentApplication: answerCurrentApplication,
  channel: answerChannel,
  listMessages: answerListMessages,
  getMessage: answerGetMessage,
  createMessage: answerCreateMessage,
  deleteMessage: answerDeleteMessage,
  bulkDelete: answerBulkDelete,
  threadMember: answerThreadMember,
  guild: answerGuild,
  guildRoles: answerGuildRoles,
  guildChannels: answerGuildChannels,
  guildMember: answerGuildMember,
  searchMessages: answerSearchMessages,
}

/** Answers a request as Discord would. */
export function answerBotRequest(call: BotCall, world: FakeDiscordWorld): Response {
  if (call.limiter.isBlocked()) return buildBlockedAnswer()
  const { bot, route, ids } = call
  const objection = findObjection(call)
  if (objection !== undefined) return refuse(objection)
  if (bot === undefined || route === 'unknown') return refuse('unauthorized')
  const [topLevelId = ''] = Object.values(ids)
  const counted = call.limiter.count({ botId: bot.userId, route, topLevelId })
  if ('refusal' in counted) return counted.refusal
  const answer =
    checkIds(ids) ?? endpoints[route]({ world, bot, ids, url: call.url, request: call.request, body: call.body })
  for (const [name, value] of Object.entries(counted.headers)) answer.headers.set(name, value)
  return answer
}

function findObjection({ request, isWrongVersion, isWrongMethod, route, bot, body }: BotCall): RefusalName | undefined {
  if (!userAgentForm.test(request.headers.get('user-agent') ?? '')) return 'badUserAgent'
  if (isWrongVersion) return 'badVersion'
  if (isWrongMethod) return 'methodNotAllowed'
  if (route === 'unknown') return 'notFound'
  if (bot === undefined) return 'unauthorized'
  return new TextEncoder().encode(body).length > maximumBytes ? 'tooLarge' : undefined
}

function checkIds(ids: Readonly<Record<string, string>>): Response | undefined {
  const wrong = Object.entries(ids).filter(([, value]) => !isId(value))
  return wrong.length === 0 ? undefined : refuseForm(wrong.map(([name, value]) => notAnId(name, value)))
}
