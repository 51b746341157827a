/** Shows the example at work: an official MCP client meets the server, signs in and calls a tool. @module */
import { parseArgs } from 'node:util'
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client'
import { type Callback, openCallback } from './demo/callback.ts'
import { agree } from './demo/person.ts'
import { startServer } from './demo/server-process.ts'
import { createWallet, type Wallet } from './demo/wallet.ts'

interface Options {
  readonly browser: boolean
  readonly keep: boolean
}

let steps = 0

try {
  await demo(readOptions())
  process.exit(0)
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}

function readOptions(): Options {
  const { browser = false, keep = false } = parseArgs({
    options: { browser: { type: 'boolean' }, keep: { type: 'boolean' } },
  }).values
  return { browser, keep }
}

async function demo({ browser, keep }: Options): Promise<void> {
  step('The server starts. Without a Discord application of yours it brings a fake Discord along.')
  const server = await startServer()
  const interrupted = (): void => void server.stop().then(() => process.exit(0))
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
  const callback = await openCallback()
  try {
    print(`MCP endpoint: ${server.mcpURL.href}`)
    await signInAndCall(server.mcpURL, callback, browser)
    if (!keep) return
    step(`The server stays up at ${server.mcpURL.href} until you press Ctrl-C. Give that address to your own client.`)
    await server.ended
  } finally {
    callback.close()
    await server.stop()
  }
}

async function signInAndCall(mcpURL: URL, callback: Callback, browser: boolean): Promise<void> {
  const wallet = createWallet(callback.redirectURI)

  step('A client comes without a token. It is told where to get one, reads the metadata and registers.')
  const refused = newTransport(mcpURL, wallet)
  const isRefused = await newClient()
    .connect(refused)
    .then(
      () => false,
      (error: unknown) => {
        if (error instanceof UnauthorizedError) return true
        throw error
      },
    )
  if (!isRefused || !wallet.sentTo) throw new Error('the server let a client in that has no token')

  if (browser) {
    step('Open this address in your browser, and agree:')
    print(wallet.sentTo.href)
  } else {
    step("The person agrees on the server's own page, then signs in at Discord, and comes back with a code.")
    await agree(wallet.sentTo, callback.redirectURI, request)
  }
  const parameters = await callback.parameters
  if (parameters.get('state') !== wallet.state()) throw new Error('somebody else came back than was sent')

  step('The client exchanges the code for tokens of this server. It never sees one of Discord.')
  await refused.finishAuth(parameters)

  step('With its token the client connects, lists the tools and calls one.')
  const client = newClient()
  await client.connect(newTransport(mcpURL, wallet))
  const { tools } = await client.listTools()
  const { content } = await client.callTool({ name: 'whoami' })
  print(`protocol: ${client.getNegotiatedProtocolVersion()}`)
  print(`tools: ${tools.map(({ name }) => name).join(', ')}`)
  for (const part of content) if (part.type === 'text') print(`whoami: ${shorten(part.text)}`)
  await client.close()
}

function newClient(): Client {
  return new Client({ name: 'mcp-auth-demo', version: '0.0.0' }, { versionNegotiation: { mode: 'auto' } })
}

function newTransport(mcpURL: URL, authProvider: Wallet): StreamableHTTPClientTransport {
  return new StreamableHTTPClientTransport(mcpURL, {
    authProvider,
    fetch: async (url, init) => {
      const answer = await fetch(url, init)
      request(init?.method ?? 'GET', new URL(url), answer.status)
      return answer
    },
  })
}

/** Paths only: what follows them holds codes and states, which are nobody's to read. */
function request(method: string, { host, pathname }: URL, status: number): void {
  print(`${method.padEnd(4)} ${host}${pathname} → ${status}`)
}

/** A client id holds a whole registration, and is as long. */
function shorten(text: string): string {
  return text.replace(/("client_id":"[^"]{24})[^"]*/, '$1…')
}

function step(sentence: string): void {
  steps += 1
  console.log(`\n${steps}. ${sentence}`)
}

function print(line: string): void {
  console.log(`   ${line}`)
}
