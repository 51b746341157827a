/** A tool that works at Discord in the user's name, as a server's author would write it. */
import { createHash } from 'node:crypto'
import { OAuthError, readAuthSession } from '@mcp-auth/express'
import type { RequestHandler } from 'express'

async function askDiscord(accessToken: string): Promise<Response> {
  return await fetch('https://discord.com/api/v10/users/@me', {
    headers: { authorization: `Bearer ${accessToken}`, 'user-agent': 'DiscordBot (https://tool.example, 1.0)' },
  })
}

/** Tells which token it got, as a hash, and what Discord said to it. A token that Discord refuses is asked for anew, once. */
export const discordTool: RequestHandler = async (request, response) => {
  const session = readAuthSession(request)
  try {
    let token = await session.getUpstreamAccessToken()
    let answer = await askDiscord(token)
    if (answer.status === 401) {
      token = await session.getUpstreamAccessToken({ rejected: token })
      answer = await askDiscord(token)
    }
    const tokenHash = createHash('sha256').update(token).digest('hex')
    response.json({ status: answer.status, tokenHash, username: session.identity.username })
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    if (error.retryAfterSeconds !== undefined) response.setHeader('retry-after', error.retryAfterSeconds)
    response.status(error.status).json({ reason: error.reason })
  }
}
