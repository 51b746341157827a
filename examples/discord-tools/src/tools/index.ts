/** The five tools. @module */
import { getChannelInfo } from './get-channel-info.ts'
import { getMessages } from './get-messages.ts'
import { moderateContent } from './moderate-content.ts'
import { searchMessages } from './search-messages.ts'
import { createSendMessage, type SendMessageOptions } from './send-message.ts'
import type { DiscordTool } from './tool.ts'

/** What the operator decides. */
export interface DiscordToolsOptions extends SendMessageOptions {}

/** Makes the tools; they keep nothing between calls. */
export function createDiscordTools(options: DiscordToolsOptions = {}): readonly DiscordTool[] {
  return [createSendMessage(options), getMessages, getChannelInfo, searchMessages, moderateContent]
}
