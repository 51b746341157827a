/** A real Chromium in front of a real server. Nothing but this machine can be reached from it. */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { chromiumPath } from '../../scripts/suites.ts'
import type { TestServer } from '../support/server.ts'

/** Starts the browser. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = chromiumPath()
  if (executablePath === undefined) throw new Error('no Chromium: see scripts/suites.ts')
  return await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
    ],
  })
}

/** A tab, and what happened in it. */
export interface Tab {
  readonly page: Page
  /** What the tab asked for, in order: `POST /consent` at our server, `GET https://…` elsewhere. */
  readonly requests: string[]
  /** What the console and the page complained about. */
  readonly complaints: string[]
}

/** Answers in place of everything that is not our server; `undefined`: the server answers. */
export type World = (request: Request) => Response | Promise<Response> | undefined

/** A page that is not ours. */
export function foreignPage(body: string): Response {
  return new Response(`<!doctype html><html lang="en"><title>Elsewhere</title>${body}`, {
    headers: { 'content-type': 'text/html' },
  })
}

/** Discord as the fake has it, and at every other address, a client's for instance, a page that says so. */
export function worldOf(server: TestServer): World {
  return (request) => {
    const { origin } = new URL(request.url)
    if (origin === server.origin) return undefined
    if (origin === 'https://discord.com') return server.discord.fetch(request)
    return foreignPage('<h1>Welcome back</h1>')
  }
}

/** Opens a tab. Playwright's own routes do not see what a redirect leads to; requests are answered below them. */
export async function openTab(
  context: BrowserContext,
  server: TestServer,
  world: World = worldOf(server),
): Promise<Tab> {
  const page = await context.newPage()
  const requests: string[] = []
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => complaints.push(message.text()))
  const devtools = await context.newCDPSession(page)
  const answer = async (requestId: string, request: Request): Promise<void> => {
    const response = await world(request)
    if (!response) {
      await devtools.send('Fetch.continueRequest', { requestId })
      return
    }
    await devtools.send('Fetch.fulfillRequest', {
      requestId,
      responseCode: response.status,
      responseHeaders: [...response.headers].map(([name, value]) => ({ name, value })),
      body: Buffer.from(await response.arrayBuffer()).toString('base64'),
    })
  }
  devtools.on('Fetch.requestPaused', ({ requestId, request }) => {
    const { origin, pathname } = new URL(request.url)
    requests.push(`${request.method} ${origin === server.origin ? '' : origin}${pathname}`)
    const { method, headers, postData } = request
    const sent = new Request(request.url, { method, headers, ...(postData === undefined ? {} : { body: postData }) })
    // A request that the tab has dropped meanwhile cannot be answered any more; nothing waits for it.
    answer(requestId, sent).catch(() => undefined)
  })
  await devtools.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] })
  return { page, requests, complaints }
}
