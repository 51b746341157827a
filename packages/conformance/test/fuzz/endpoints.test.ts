import { refusals } from '@mcp-auth/express'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createBrowser } from '../support/browser.ts'
import {
  authorize,
  login,
  newClient,
  newPKCE,
  openConsent,
  redirectURI,
  signIn,
  type TestClient,
  type TestTokens,
} from '../support/client.ts'
import { cookieHeader } from '../support/consent.ts'
import {
  bounded,
  changedJSON,
  changedPairs,
  contentType,
  encoded,
  fuzzSeed,
  headerText,
  method,
  type Pairs,
  settled,
  text,
} from '../support/fuzz.ts'
import { leaksIn } from '../support/leak-watch.ts'
import { type ListeningServer, startTestServer } from '../support/server.ts'

let server: ListeningServer
let client: TestClient
let tokens: TestTokens
/** Secrets that turn up in the requests: none may come back. */
let secrets: Map<string, string>
/** Good requests, to be changed. */
let consent: string
let cookie: string
let state: string
let code: string

beforeAll(async () => {
  server = await startTestServer({ rateLimit: () => undefined, clientIdMetadata: { enabled: false } })
  client = await newClient(server, { token_endpoint_auth_method: 'client_secret_post' })
  tokens = await login(server, { client })
  const browser = createBrowser()
  const page = await openConsent(server, client, browser)
  consent = /name="consent" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
  const callback = await signIn(server, browser, await openConsent(server, client, browser))
  state = new URL(callback).searchParams.get('state') ?? ''
  cookie = cookieHeader(browser)
  code = (await authorize(server, { client })).code
  secrets = new Map([
    [tokens.access_token, 'access token'],
    [tokens.refresh_token, 'refresh token'],
    [client.client_secret ?? '', 'client secret'],
    [code, 'code'],
    [consent, 'consent'],
    [server.discord.secrets[0] ?? '', 'Discord token'],
  ])
})
afterAll(async () => await server.close())

const errorCodes: ReadonlySet<string> = new Set(Object.values(refusals).map(({ error }) => error))
const leadsHome = /^(?:http:\/\/127\.0\.0\.1:32767\/callback|https:\/\/discord\.com\/oauth2\/authorize)\?/
const challengeForm =
  /^(?:Bearer|Basic) [a-z_]+="[\x20\x21\x23-\x5b\x5d-\x7e]*"(?:, [a-z_]+="[\x20\x21\x23-\x5b\x5d-\x7e]*")*$/

/** What is wrong with an answer, whatever was asked. Only `state` may come back: it is the client's own. */
async function faultsOf(answer: Response, path: string): Promise<string[]> {
  const body = await settled(answer.text())
  const { status, headers } = answer
  const isRefusal = status >= 400
  const isPage = headers.get('content-type')?.startsWith('text/html') === true
  const isData = headers.get('content-type') === 'application/json' && body !== ''
  const all = `${[...headers].join('\n')}\n${body}`
  const states = new URL(path, server.origin).searchParams.getAll('state').join(' ')
  const unsaid = new Map([...secrets].filter(([one]) => !states.includes(one)))
  const rules: Record<string, boolean> = {
    [`status ${status}`]: status >= 200 && status < 500,
    'shows a stack': !/\n\s+at |node_modules|\.ts:\d|Error:/.test(all),
    'a broken challenge': challengeForm.test(headers.get('www-authenticate') ?? 'Basic realm="token"'),
    'another content type': /^(?:none|application\/json|text\/html; charset=utf-8)$/.test(
      headers.get('content-type') ?? 'none',
    ),
    'reflects a secret': !isRefusal || leaksIn(all, unsaid).length === 0,
    'an error without a code':
      !isRefusal || !isData || errorCodes.has(String((JSON.parse(body) as { error?: string }).error)),
    'leads elsewhere': leadsHome.test(headers.get('location') ?? `${redirectURI}?`),
    'a planted header': headers.get('set-cookie')?.includes('planted=') !== true,
    'a script in a page': !isPage || !/<script/i.test(body),
  }
  return Object.keys(rules).filter((rule) => rules[rule] === false)
}

const secret = (): fc.Arbitrary<string> => fc.constantFrom(...secrets.keys())
const value = (): fc.Arbitrary<string> => fc.oneof({ weight: 4, arbitrary: text }, secret())

/** Headers around a good set: each of these may be there as well. */
const headers = (good: Readonly<Record<string, string>>): fc.Arbitrary<Record<string, string>> => {
  const basic = fc.tuple(value(), value()).map((pair) => `Basic ${Buffer.from(pair.join(':')).toString('base64')}`)
  const authorization = fc.oneof(
    basic,
    headerText.map((odd) => `Basic ${odd}`),
    headerText,
    secret().map((one) => `Bearer ${one}`),
    secret().map((one) => `Bearer ${one}, Basic ${one}`),
  )
  const odd = fc.record(
    {
      authorization,
      'content-type': fc.oneof({ weight: 3, arbitrary: contentType }, headerText),
      cookie: fc.oneof(
        fc.constant(cookie),
        headerText,
        headerText.map((one) => `mcpauth-${one}`),
      ),
      origin: fc.oneof(fc.constantFrom('null', server.origin, 'https://evil.example', 'http://localhost'), headerText),
      host: headerText,
      'content-length': fc.constantFrom('0', '-1', '1e9', '99999999', 'x'),
      'sec-fetch-site': fc.constantFrom('none', 'same-origin', 'cross-site', 'x'),
      'access-control-request-method': headerText,
    },
    { requiredKeys: [] },
  )
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant(good) },
    odd.map((some) => ({ ...good, ...some })),
  )
}

interface Sent {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array<ArrayBuffer>
}

/** Sends a request to the endpoints without a socket; `undefined` when it cannot even be written down. */
async function ask({ method: name, path, headers: given, body }: Sent): Promise<Response | undefined> {
  const hasBody = !/^(?:get|head)$/i.test(name)
  let request: Request
  try {
    request = new Request(server.origin + path, { method: name, headers: given, ...(hasBody ? { body } : {}) })
  } catch {
    return undefined
  }
  return await settled(server.auth.fetch(request))
}

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const names = [
  'client_id',
  'redirect_uri',
  'response_type',
  'scope',
  'resource',
  'code',
  'code_verifier',
  'code_challenge',
]

/** Requests to one endpoint: the good parameters changed, in the query or the body, with good headers changed. */
function requests(
  path: string,
  good: Pairs,
  kind: 'query' | 'form',
  goodHeaders: Readonly<Record<string, string>> = {},
): fc.Arbitrary<Sent> {
  const parameters = encoded(changedPairs(good, names, value()))
  const usual = kind === 'query' ? 'GET' : 'POST'
  const methods = fc.oneof({ weight: 8, arbitrary: fc.constant(usual) }, method)
  const all = headers(kind === 'form' ? { ...form, ...goodHeaders } : goodHeaders)
  return fc.tuple(methods, parameters, all, text).map(([name, encodedText, given, odd]) => {
    const isQuery = kind === 'query' || /^(?:get|head)$/i.test(name)
    const query = encodedText.replace(/[#\s]/g, '')
    return {
      method: name,
      path: isQuery ? `${path}?${query}` : path,
      headers: given,
      body: isQuery ? odd : encodedText,
    }
  })
}

const clientPairs = (): Pairs => [
  ['client_id', client.client_id],
  ['client_secret', client.client_secret ?? ''],
]

const endpoints: readonly (readonly [string, () => fc.Arbitrary<Sent>])[] = [
  [
    '/authorize',
    () =>
      requests(
        '/authorize',
        [
          ['response_type', 'code'],
          ['client_id', client.client_id],
          ['redirect_uri', redirectURI],
          ['state', 'client-state'],
          ['code_challenge', newPKCE().challenge],
          ['code_challenge_method', 'S256'],
          ['scope', 'identify'],
          ['resource', server.mcpURL],
        ],
        'query',
        { cookie },
      ),
  ],
  [
    '/consent',
    () =>
      requests(
        '/consent',
        [
          ['consent', consent],
          ['decision', 'approve'],
        ],
        'form',
        { cookie, origin: server.origin },
      ),
  ],
  [
    '/auth/callback',
    () =>
      requests(
        '/auth/callback',
        [
          ['state', state],
          ['code', 'x'],
          ['iss', 'https://discord.com'],
        ],
        'query',
        { cookie },
      ),
  ],
  [
    '/token with a code',
    () =>
      requests(
        '/token',
        [
          ...clientPairs(),
          ['grant_type', 'authorization_code'],
          ['code', code],
          ['redirect_uri', redirectURI],
          ['code_verifier', newPKCE().verifier],
        ],
        'form',
      ),
  ],
  [
    '/token with a refresh token',
    () =>
      requests(
        '/token',
        [
          ...clientPairs(),
          ['grant_type', 'refresh_token'],
          ['refresh_token', tokens.refresh_token],
          ['scope', 'identify'],
        ],
        'form',
      ),
  ],
  [
    '/revoke',
    () => requests('/revoke', [...clientPairs(), ['token', 'x'], ['token_type_hint', 'access_token']], 'form'),
  ],
  ['/introspect', () => requests('/introspect', [...clientPairs(), ['token', tokens.access_token]], 'form')],
  [
    '/register',
    () => {
      const good = {
        redirect_uris: [redirectURI],
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        client_name: 'Name',
        client_uri: 'https://client.example',
        application_type: 'native',
        jwks: { keys: [] },
        jwks_uri: 'https://client.example/jwks',
        scope: 'identify',
        contacts: ['a@b.example'],
        software_statement: 'a.b.c',
      }
      const body = fc.oneof(
        { weight: 5, arbitrary: changedJSON(good) },
        fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(bytes)),
      )
      return fc
        .tuple(
          fc.oneof({ weight: 8, arbitrary: fc.constant('POST') }, method),
          body,
          headers({ 'content-type': 'application/json' }),
        )
        .map(([name, given, all]) => ({ method: name, path: '/register', headers: all, body: given }))
    },
  ],
  [
    'documents',
    () => {
      const paths = [
        '/jwks',
        ...[
          'oauth-authorization-server',
          'openid-configuration',
          'oauth-protected-resource',
          'oauth-protected-resource/mcp',
        ].map((name) => `/.well-known/${name}`),
      ]
      return fc.constantFrom(...paths).chain((path) => requests(path, [['x', 'y']], 'query'))
    },
  ],
]

it.each(endpoints)(
  `A112 answers whatever is sent to %s with a refusal of the table and nothing of its inside (seed ${fuzzSeed})`,
  async (_endpoint, build) => {
    let judged = 0
    const statuses = new Set<number>()
    const property = fc.asyncProperty(build(), async (sent) => {
      const answer = await ask(sent)
      if (!answer) return
      judged += 1
      statuses.add(answer.status)
      expect(await faultsOf(answer, sent.path)).toEqual([])
    })
    await fc.assert(property, bounded(600))
    // Most of what was made up could be sent, and not all of it met the same refusal.
    expect(judged).toBeGreaterThan(100)
    expect(statuses.size).toBeGreaterThan(1)
    expect(server.events.filter((event) => event.type === 'server.failed')).toEqual([])
  },
  60_000,
)

it(`answers paths that are not its own with nothing, and never throws (seed ${fuzzSeed})`, async () => {
  const property = fc.asyncProperty(text, method, async (path, name) => {
    const escaped = encodeURIComponent(Buffer.from(path).toString())
    expect(await ask({ method: name, path: `/${escaped}x`, headers: {}, body: '' })).toBeUndefined()
    expect(typeof server.auth.handles(path)).toBe('boolean')
  })
  await fc.assert(property, bounded(1000))
}, 60_000)
