/** The same tools, resources and prompts on both official SDKs. */
import { type AuthSession, getAuthSession, type ScopeChallengeHandler, sessionOwner } from '@mcp-auth/express'
import { completable } from '@modelcontextprotocol/sdk/server/completable.js'
import {
  McpServer as McpServerV1,
  ResourceTemplate as ResourceTemplateV1,
} from '@modelcontextprotocol/sdk/server/mcp.js'
import { createRequestStateCodec, inputRequired, McpServer, ResourceTemplate } from '@modelcontextprotocol/server'
import * as z from 'zod/mini'

/** How often each handler ran. */
export type Runs = Map<string, number>

/** Tools that answer with the user's name; `late` is registered after `protect`. */
const tools = ['whoami', 'list_guilds', 'both', 'ban'] as const

/** What a tool may know of its caller. */
type Facts = Pick<AuthSession, 'subject' | 'roles'>

interface MadeServer<Server> {
  readonly server: Server
  readonly registerLate: () => void
}

const text = (value: string): { content: { type: 'text'; text: string }[] } => ({
  content: [{ type: 'text', text: value }],
})
const contents = (uri: URL): { contents: { uri: string; text: string }[] } => ({
  contents: [{ uri: uri.href, text: `content of ${uri.href}` }],
})
const messages = (name: string): { messages: { role: 'user'; content: { type: 'text'; text: string } }[] } => ({
  messages: [{ role: 'user', content: { type: 'text', text: name } }],
})
const days = { resources: [{ uri: 'log://monday', name: 'monday' }] }

function counter(runs: Runs): (name: string) => void {
  return (name) => void runs.set(name, (runs.get(name) ?? 0) + 1)
}

/** A server of the SDK v1. */
export function createV1Server(runs: Runs): MadeServer<McpServerV1> {
  const count = counter(runs)
  const server = new McpServerV1({ name: 'access', version: '1.0.0' })
  const register = (name: string): void => {
    server.registerTool(name, { description: name }, (extra) => {
      count(name)
      const { subject }: Facts = getAuthSession(extra)
      return text(`${name} for ${subject}`)
    })
  }
  for (const name of tools) register(name)
  const read = (uri: URL): ReturnType<typeof contents> => {
    count(uri.href)
    return contents(uri)
  }
  for (const uri of ['doc://open/', 'doc://secret/']) server.registerResource(uri, uri, {}, read)
  const complete = { day: () => ['monday'] }
  const template = new ResourceTemplateV1('log://{day}', { list: () => days, complete })
  server.registerResource('log', template, {}, read)
  for (const name of ['greet', 'verdict']) {
    const argsSchema = { who: completable(z.optional(z.string()), () => ['monday']) }
    server.registerPrompt(name, { argsSchema }, () => {
      count(name)
      return messages(name)
    })
  }
  return { server, registerLate: () => register('late') }
}

/** State of a flow that is bound to its user. */
const state = createRequestStateCodec<{ step: number }>({
  key: 'a key of thirty-two bytes or more for the state',
  bind: (context) => sessionOwner(getAuthSession(context)),
})

/** A mistake of the server's author: what depends on the caller may not be shared. */
const shared = { cacheScope: 'public' } as const
const cacheHints = { 'tools/list': shared, 'prompts/list': shared, 'resources/list': shared, 'resources/read': shared }

/** A server of the SDK v2. */
export function createV2Server(runs: Runs, scopeChallenge?: ScopeChallengeHandler): MadeServer<McpServer> {
  const count = counter(runs)
  const server = new McpServer(
    { name: 'access', version: '1.0.0' },
    { requestState: { verify: async (handle, context) => await state.verify(handle, context) }, cacheHints },
  )
  const register = (name: string, own?: ScopeChallengeHandler): void => {
    const config = { description: name, ...(own ? { scopeChallenge: own } : {}) }
    server.registerTool(name, config, (context) => {
      count(name)
      const { subject }: Facts = getAuthSession(context)
      return text(`${name} for ${subject}`)
    })
  }
  for (const name of tools) register(name, name === 'list_guilds' ? scopeChallenge : undefined)
  server.registerTool('flow', { description: 'flow' }, async (context) => {
    const echoed = context.mcpReq.requestState<{ step: number }>()
    if (echoed) {
      count('flow')
      return text(`step ${echoed.step} for ${getAuthSession(context).subject}`)
    }
    return inputRequired({ requestState: await state.mint({ step: 2 }, context) })
  })
  const read = (uri: URL): ReturnType<typeof contents> => {
    count(uri.href)
    return contents(uri)
  }
  for (const uri of ['doc://open/', 'doc://secret/']) server.registerResource(uri, uri, {}, read)
  const complete = { day: () => ['monday'] }
  const template = new ResourceTemplate('log://{day}', { list: () => days, complete })
  server.registerResource('log', template, {}, read)
  for (const name of ['greet', 'verdict']) {
    server.registerPrompt(name, { description: name }, () => {
      count(name)
      return messages(name)
    })
  }
  return { server, registerLate: () => register('late') }
}
