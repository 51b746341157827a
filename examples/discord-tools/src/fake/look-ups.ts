/** Endpoints that describe the bot, channels and servers. @module */
import { refuse } from './answers.ts'
import { applicationBody, botUserBody, channelBody, guildBody, memberBody, roleBody } from './bodies.ts'
import { type EndpointCall, findChannel, findGuild } from './endpoint-call.ts'
import { isThread } from './permission-rules.ts'
import { formatTime, timeOfId } from './snowflakes.ts'

/** [Get Current User](https://docs.discord.com/developers/resources/user#get-current-user), for a bot. */
export function answerCurrentUser({ bot }: EndpointCall): Response {
  const personal = { mfa_enabled: false, locale: 'en-US', premium_type: 0, email: null, verified: true, bio: '' }
  return Response.json({ ...botUserBody(bot), ...personal })
}

/** [Get Current Application](https://docs.discord.com/developers/resources/application#get-current-application). */
export function answerCurrentApplication({ bot }: EndpointCall): Response {
  return Response.json(applicationBody(bot))
}

/** [Get Channel](https://docs.discord.com/developers/resources/channel#get-channel). */
export function answerChannel(call: EndpointCall): Response {
  const found = findChannel(call)
  return 'refusal' in found ? found.refusal : Response.json(channelBody(call.world, found.channel))
}

/** [Get Thread Member](https://docs.discord.com/developers/resources/channel#get-thread-member). */
export function answerThreadMember(call: EndpointCall): Response {
  const found = findChannel(call)
  if ('refusal' in found) return found.refusal
  const { channel } = found
  const userId = call.ids['user_id'] ?? ''
  if (!isThread(channel)) return refuse('wrongChannelType')
  if (!channel.participants.has(userId)) return refuse('unknownMember')
  return Response.json({ id: channel.id, user_id: userId, join_timestamp: formatTime(timeOfId(channel.id)), flags: 0 })
}

/** [Get Guild](https://docs.discord.com/developers/resources/guild#get-guild). */
export function answerGuild(call: EndpointCall): Response {
  const found = findGuild(call)
  return 'refusal' in found ? found.refusal : Response.json(guildBody(found.guild))
}

/** [Get Guild Roles](https://docs.discord.com/developers/resources/guild#get-guild-roles). */
export function answerGuildRoles(call: EndpointCall): Response {
  const found = findGuild(call)
  return 'refusal' in found ? found.refusal : Response.json([...found.guild.roles.values()].map(roleBody))
}

/** [Get Guild Channels](https://docs.discord.com/developers/resources/guild#get-guild-channels): all, seen by the bot or not, and no threads. */
export function answerGuildChannels(call: EndpointCall): Response {
  const found = findGuild(call)
  if ('refusal' in found) return found.refusal
  const channels = [...call.world.channels.values()].filter(
    (channel) => channel.guildId === found.guild.id && !isThread(channel),
  )
  return Response.json(channels.map((channel) => channelBody(call.world, channel)))
}

/** [Get Guild Member](https://docs.discord.com/developers/resources/guild#get-guild-member). */
export function answerGuildMember(call: EndpointCall): Response {
  const { world, ids } = call
  const found = findGuild(call)
  if ('refusal' in found) return found.refusal
  const userId = ids['user_id'] ?? ''
  const member = found.guild.members.get(userId)
  if (member !== undefined) return Response.json(memberBody(world, member))
  const isKnown = world.users.has(userId) || [...world.bots.values()].some((bot) => bot.userId === userId)
  return refuse(isKnown ? 'unknownMember' : 'unknownUser')
}
