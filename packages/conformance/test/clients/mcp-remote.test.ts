/** mcp-remote as it comes from npm: speaks stdio on one side, and logs in at a server of ours on the other. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished, vi } from 'vitest'
import { send } from '../support/browser.ts'
import { createMCPEndpoint } from '../support/mcp-server.ts'
import type { TestServer } from '../support/server.ts'
import { startServer } from '../support/start.ts'
import { toDiscord, walk } from './person.ts'

vi.setConfig({ testTimeout: 60_000 })

const program = fileURLToPath(import.meta.resolve('mcp-remote/dist/proxy.js'))
const nelly = '80351110224678912'

/** A message of JSON-RPC. */
interface Message {
  readonly id?: number
  readonly result?: { readonly serverInfo?: unknown; readonly content?: readonly { readonly text: string }[] }
}

/** A running mcp-remote. */
interface Remote {
  /** The addresses that it asked the person to visit. */
  readonly sent: URL[]
  /** Sends a request, and waits for its answer. */
  request(method: string, params: Record<string, unknown>): Promise<Message>
  notify(method: string): void
  stop(): Promise<void>
}

/** A folder of its own for what mcp-remote keeps, for the running test. */
function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'mcp-auth-remote-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  return home
}

/** Starts it for the running test. Whatever it asks the person to visit is visited. */
function startRemote(server: TestServer, home: string): Remote {
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(
    process.execPath,
    [program, server.mcpURL, '--allow-http', '--transport', 'http-only'],
    {
      env: { PATH: process.env['PATH'], HOME: home, MCP_REMOTE_CONFIG_DIR: home, BROWSER: 'true' },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  )
  const exited = once(child, 'exit')
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  onTestFinished(stop)

  const waiting = new Map<number, (message: Message) => void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line) as Message
    if (message.id !== undefined) waiting.get(message.id)?.(message)
  })
  const sent: URL[] = []
  let log = ''
  let isListening = (): void => undefined
  const listening = new Promise<void>((resolve) => {
    isListening = resolve
  })
  const failed = new Promise<never>((_resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      log += `${line}\n`
      if (line.includes('OAuth callback server running at')) isListening()
      if (!line.trim().startsWith(`${server.origin}/authorize?`)) return
      const url = new URL(line.trim())
      sent.push(url)
      // It prints the address before it listens for the callback; a person is slower than that.
      listening.then(async () => await visit(server, url)).catch(reject)
    })
    child.once('exit', (code) => reject(new Error(`mcp-remote ended with ${code}:\n${log}`)))
  })
  failed.catch(() => undefined)

  let id = 0
  const send = (message: object): void => void child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  return {
    sent,
    async request(method, params) {
      id += 1
      const answer = new Promise<Message>((resolve) => waiting.set(id, resolve))
      send({ id, method, params })
      return await Promise.race([answer, failed])
    },
    notify: (method) => send({ method }),
    stop,
  }
}

/** Approves, signs in at Discord, and goes back to where mcp-remote listens. */
async function visit(server: TestServer, url: URL): Promise<void> {
  const back = await walk(url, url.searchParams.get('redirect_uri') ?? '', { elsewhere: toDiscord(server) })
  // Not by `fetch`, which refuses some of the ports that mcp-remote may choose.
  const page = await send(back.href)
  if (page.status !== 200) throw new Error(`mcp-remote answered the callback with ${page.status} ${page.text}`)
}

/** The handshake, and what `whoami` says afterwards. */
async function whoami(remote: Remote): Promise<Record<string, unknown>> {
  const clientInfo = { name: 'conformance', version: '1.0.0' }
  const hello = await remote.request('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo })
  expect(hello.result?.serverInfo).toMatchObject({ name: 'conformance' })
  remote.notify('notifications/initialized')
  const answer = await remote.request('tools/call', { name: 'whoami', arguments: {} })
  return JSON.parse(answer.result?.content?.[0]?.text ?? 'null')
}

it('A028 A053 A057 A081 A003 mcp-remote registers, logs in with the person, and passes a tool call on', async () => {
  const server = await startServer({ mcp: createMCPEndpoint() })
  const remote = startRemote(server, newHome())
  const facts = await whoami(remote)
  const [address] = remote.sent
  expect(facts).toMatchObject({ sub: nelly, client_id: address?.searchParams.get('client_id'), username: 'nelly' })
  expect(address?.searchParams.get('redirect_uri')).toMatch(/^http:\/\/localhost:\d+\/oauth\/callback$/)
  expect(address?.searchParams.get('resource')).toBe(server.mcpURL)
  expect(remote.sent).toHaveLength(1)
})

it('A091 mcp-remote, started again when its access token has expired, refreshes and asks nobody', async () => {
  const server = await startServer({ mcp: createMCPEndpoint() })
  const home = newHome()
  const first = startRemote(server, home)
  const facts = await whoami(first)
  await first.stop()
  server.clock.advance(3601)
  const second = startRemote(server, home)
  expect(await whoami(second)).toEqual(facts)
  expect(second.sent).toEqual([])
  expect(server.events.map((event) => event.type)).toContain('token.refreshed')
})

it('A045 A086 mcp-remote, started again when its registration has expired, registers anew and logs in', async () => {
  const server = await startServer({ mcp: createMCPEndpoint(), lifetimes: { clientRegistration: 60 } })
  const home = newHome()
  const first = startRemote(server, home)
  const before = await whoami(first)
  await first.stop()
  server.clock.advance(3601)
  const second = startRemote(server, home)
  const after = await whoami(second)
  expect(after).toMatchObject({ sub: nelly })
  expect(after['client_id']).not.toBe(before['client_id'])
})
