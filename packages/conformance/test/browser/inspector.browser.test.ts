/** MCP Inspector as it comes from npm, which is a client in the browser: it needs CORS wherever it asks. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { freePort } from '../../../store-redis/test/support/free-port.ts'
import { createMCPEndpoint } from '../support/mcp-server.ts'
import { type ListeningServer, startTestServer } from '../support/server.ts'
import { launchChromium, openTab, type Tab, worldOf } from './chromium.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const program = fileURLToPath(
  new URL('../bin/client.js', import.meta.resolve('@modelcontextprotocol/inspector/client/dist/index.html')),
)

const nelly = '80351110224678912'

/** A running Inspector. */
interface Inspector {
  readonly origin: string
  stop(): Promise<void>
}

async function startInspector(): Promise<Inspector> {
  const port = await freePort()
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env['PATH'], HOST: 'localhost', CLIENT_PORT: String(port), MCP_AUTO_OPEN_ENABLED: 'false' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const running = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('up and running')) resolve()
    })
  })
  await Promise.race([
    running,
    exited.then(([code]) => {
      throw new Error(`the Inspector ended with ${code}`)
    }),
  ])
  return {
    origin: `http://localhost:${port}`,
    async stop() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

let inspector: Inspector
let browser: Browser
let context: BrowserContext
let server: ListeningServer
/** What arrived at the server from the pages of the Inspector. */
let arrived: string[]
beforeAll(async () => {
  inspector = await startInspector()
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await inspector?.stop()
})
beforeEach(async () => {
  server = await startTestServer({ mcp: createMCPEndpoint() })
  arrived = []
  server.http.on('request', ({ method, url, headers }) => {
    if (headers.origin === inspector.origin) arrived.push(`${method} ${new URL(url ?? '', server.origin).pathname}`)
  })
  context = await browser.newContext()
})
afterEach(async () => {
  await context.close()
  await server.close()
})

async function open(): Promise<Tab> {
  const usual = worldOf(server)
  const tab = await openTab(context, server, (request) =>
    new URL(request.url).origin === inspector.origin ? undefined : usual(request),
  )
  await tab.page.addInitScript("localStorage.setItem('lastConnectionType', 'direct')")
  const address = new URL(inspector.origin)
  address.searchParams.set('transport', 'streamable-http')
  address.searchParams.set('serverUrl', server.mcpURL)
  await tab.page.goto(address.href)
  return tab
}

async function connect({ page }: Tab, decision: 'Allow' | 'Deny' = 'Allow'): Promise<void> {
  await page.getByRole('button', { name: 'Connect' }).click()
  await page.getByRole('button', { name: decision }).click()
}

/** What the browser did not let the Inspector read from the server. */
function blockedAt(tab: Tab): string[] {
  return tab.complaints.filter((complaint) => complaint.includes(`${server.origin}/`) && complaint.includes('CORS'))
}

/** Calls `whoami`; what the page shows then. */
async function whoami({ page }: Tab): Promise<string> {
  await page.getByRole('button', { name: 'Run Tool' }).click()
  await page.getByText('Tool Result: Success').waitFor()
  return await page.getByRole('tabpanel', { name: 'Tools' }).innerText()
}

async function openTools({ page }: Tab): Promise<void> {
  await page.getByText('Connected', { exact: true }).waitFor()
  await page.getByRole('tab', { name: 'Tools' }).click()
  await page.getByRole('button', { name: 'List Tools' }).click()
  await page.getByText('whoami').first().click()
}

it('A064 A053 A057 A081 the Inspector discovers, registers, logs in and calls a tool, all from the browser', async () => {
  const tab = await open()
  await connect(tab)
  await openTools(tab)
  expect(await tab.page.getByText('list_guilds').count()).toBe(1)
  const shown = await whoami(tab)
  expect(shown).toContain(nelly)
  expect(shown).toContain('nelly')
  expect(server.calls.map((call) => call.subject)).toContain(nelly)
  expect(tab.complaints.filter((complaint) => complaint.includes(server.origin) && complaint.includes('CORS'))).toEqual(
    [],
  )
})

it('A064 A028 the Inspector asks beforehand, without a token, and reads the 401 and its challenge', async () => {
  const tab = await open()
  await connect(tab)
  expect(arrived.slice(0, 2)).toEqual(['OPTIONS /mcp', 'POST /mcp'])
  expect(arrived.slice(2)).toContain('GET /.well-known/oauth-protected-resource/mcp')
  expect(arrived).toContain('OPTIONS /register')
  expect(arrived.filter((line) => /authorize|consent|callback/.test(line))).toEqual([])
})

// Version 1 puts the headers of its MCP requests on its refresh too: a second content type, and the expired token.
it('A046 A064 the Inspector asks with the headers of its session, and reads why its malformed refresh is refused', async () => {
  const tab = await open()
  await connect(tab)
  await openTools(tab)
  await whoami(tab)
  server.clock.advance(3601)
  await tab.page.getByRole('button', { name: 'Run Tool' }).click()
  await tab.page.getByText('Tool Result: Error').waitFor()
  expect(await tab.page.getByText('The Content-Type is not accepted here').count()).toBeGreaterThan(0)
  const refreshes = (): number => arrived.filter((line) => line === 'POST /token').length
  const before = refreshes()
  await tab.page.getByRole('button', { name: 'Reconnect' }).click()
  await expect.poll(refreshes, { timeout: 15_000 }).toBe(before + 1)
  expect(blockedAt(tab)).toEqual([])
  expect(server.events.map((event) => event.type)).not.toContain('grant.revoked')
})

it('A026 the Inspector shows that the person refused', async () => {
  const tab = await open()
  await connect(tab, 'Deny')
  await tab.page.getByText('access_denied').first().waitFor()
  expect(server.calls).toEqual([])
})
