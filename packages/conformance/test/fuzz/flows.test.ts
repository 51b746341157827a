import fc from 'fast-check'
import { expect, it, onTestFinished } from 'vitest'
import { authorizeURL, newClient, newPKCE, redirectURI } from '../support/client.ts'
import { bounded, changedJSON, fuzzSeed, settled, text } from '../support/fuzz.ts'
import { type ListeningServer, startTestServer, type TestServerOptions } from '../support/server.ts'

async function start(options: TestServerOptions = {}): Promise<ListeningServer> {
  const server = await startTestServer({ rateLimit: () => undefined, ...options })
  onTestFinished(async () => await server.close())
  return server
}

const ask = async (server: ListeningServer, request: Request): Promise<Response> => {
  const answer = await settled(server.auth.fetch(request))
  if (!answer) throw new Error(`no endpoint at ${request.url}`)
  return answer
}

const cookiesOf = (answer: Response): string =>
  answer.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ')

/** A whole flow without a socket: where the browser ends up. */
async function walk(server: ListeningServer, url: string, decision: 'approve' | 'deny'): Promise<URL> {
  const page = await ask(server, new Request(url))
  expect(page.status).toBe(200)
  const body = await page.text()
  expect(body).not.toMatch(/<script/i)
  const consent = /name="consent" value="([^"]+)"/.exec(body)?.[1] ?? ''
  const headers = { cookie: cookiesOf(page), 'content-type': 'application/x-www-form-urlencoded' }
  const form = new URLSearchParams({ consent, decision }).toString()
  const answered = await ask(server, new Request(`${server.origin}/consent`, { method: 'POST', headers, body: form }))
  expect(answered.status).toBe(303)
  const location = answered.headers.get('location') ?? ''
  if (decision === 'deny') return new URL(location)
  const back = await server.discord.fetch(new Request(location))
  const callback = new Request(back.headers.get('location') ?? '', { headers: { cookie: cookiesOf(answered) } })
  return new URL((await ask(server, callback)).headers.get('location') ?? '')
}

it(`A109 A112 carries any state through a whole flow, with any name of the client, byte for byte (seed ${fuzzSeed})`, async () => {
  const server = await start()
  const property = fc.asyncProperty(text, text, fc.constantFrom('approve', 'deny'), async (state, name, decision) => {
    const client = await newClient(server, { client_name: name })
    const end = await walk(server, authorizeURL(server, client, newPKCE().challenge, { state }), decision)
    expect(end.origin + end.pathname).toBe(redirectURI)
    expect([...end.searchParams.keys()].filter((key) => key === 'state')).toHaveLength(state === '' ? 0 : 1)
    // Half a surrogate pair cannot travel in a URL: it arrives as U+FFFD.
    expect(end.searchParams.get('state') ?? '').toBe(Buffer.from(state).toString())
    expect(end.searchParams.get('iss')).toBe(server.origin)
    expect(end.searchParams.has('code')).toBe(decision === 'approve')
    expect(end.searchParams.get('error')).toBe(decision === 'approve' ? null : 'access_denied')
  })
  await fc.assert(property, bounded(80))
  expect(server.events.filter((event) => event.type === 'server.failed')).toEqual([])
}, 60_000)

function parsed(json: string): Record<string, unknown> | undefined {
  try {
    return Object(JSON.parse(json)) as Record<string, unknown>
  } catch {
    return undefined
  }
}

it(`A073 A112 shows a consent page only for a document that is right, whatever its host answers (seed ${fuzzSeed})`, async () => {
  const id = 'https://client.example/id'
  let document = { status: 200, type: 'application/json', text: '' }
  const server = await start({
    clientIdMetadata: {
      fetch: async () => {
        if (document.status === 0) throw new Error('no connection')
        const get = (name: string): string | null => (name === 'content-type' ? document.type : 'no-store')
        return { status: document.status, headers: { get }, text: document.text }
      },
    },
  })
  const good = { client_id: id, client_name: 'Name', redirect_uris: [redirectURI], token_endpoint_auth_method: 'none' }
  const answers = fc.record({
    status: fc.constantFrom(200, 200, 200, 200, 200, 204, 301, 404, 429, 500, 0),
    type: fc.constantFrom(
      'application/json',
      'application/json',
      'application/cimd+json; charset=utf-8',
      'text/html',
      '',
    ),
    text: fc.oneof(changedJSON(good), fc.constant(JSON.stringify(good))),
  })
  let shown = 0
  const property = fc.asyncProperty(answers, async (answer) => {
    document = answer
    // A failure is remembered for a while.
    server.clock.advance(120)
    const url = authorizeURL(server, { client_id: id }, newPKCE().challenge)
    const page = await ask(server, new Request(url))
    const body = await page.text()
    expect(body).not.toMatch(/<script|\n\s+at |Error:/i)
    expect(page.headers.get('location')).toBeNull()
    if (page.status === 200) shown += 1
    const isOutage = answer.status === 0 || answer.status === 429 || answer.status >= 500
    const isRight = answer.status === 200 && parsed(answer.text)?.['client_id'] === id
    const possible = isOutage ? [503] : isRight ? [200, 400] : [400]
    expect(possible).toContain(page.status)
  })
  await fc.assert(property, bounded(600))
  expect(shown).toBeGreaterThan(50)
  expect(server.events.filter((event) => event.type === 'server.failed')).toEqual([])
}, 60_000)
