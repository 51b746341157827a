/** A proxy in front of a fake identity provider (IdP), in one process, with its own clock. @module */
import {
  type AuthEvent,
  createMemoryStore,
  createOAuthProxy,
  type Identity,
  type OAuthProxy,
  type OAuthProxyProvider,
} from '@mcp-auth/core'
import { createTestClock, type TestClock } from '../support/clock.ts'
import { holdDeadlines } from '../support/deadlines.ts'
import { slowStore } from '../support/slow-store.ts'
import type { CreateIdP, IdPFixture } from './fixture.ts'
import { createTransport, type Transport } from './transport.ts'

/** Life of the IdP's access tokens in the contract, in seconds: shorter than of ours, longer than the margin before their end. */
export const upstreamSeconds = 1000

/** Root secret of the contract's servers: 32 bytes, base64url. */
const rootSecret = 'Y29udHJhY3QtdGVzdC1yb290LXNlY3JldC1vZi0zMmI'

/** Where the contract's servers are. Nothing listens there. */
const baseUrl = 'https://mcp.example'

/** An answer of the proxy. */
export interface LabAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly location: string | undefined
  json(): Readonly<Record<string, unknown>>
}

/** Everything a case works with. */
export interface Lab extends IdPFixture {
  /** What the provider said of users, in order. */
  readonly identified: readonly Identity[]
  readonly auth: OAuthProxy
  /** The same server once more: another process on the same store. */
  readonly twin: OAuthProxy
  readonly clock: TestClock
  readonly transport: Transport
  readonly events: readonly AuthEvent[]
  /** Every answer of the proxy so far. */
  readonly answers: readonly LabAnswer[]
  /** What a client knows that the IdP must never see: its tokens, codes, verifiers and states. */
  readonly clientSecrets: Set<string>
  /** Sends a request to the proxy. */
  send(request: Request): Promise<LabAnswer>
  /** Plays the browser at the IdP: one request, nothing followed. */
  atIdP(request: Request): Promise<Response>
}

/** Settings of {@link createLab}. */
export interface LabOptions {
  /** Changes the provider, for instance its credentials. */
  readonly change?: (provider: OAuthProxyProvider) => OAuthProxyProvider
}

/** Creates a lab from a fresh fixture. */
export async function createLab(create: CreateIdP, options: LabOptions = {}): Promise<Lab> {
  const clock = createTestClock()
  const fixture = await create({ now: clock.now })
  const { fake } = fixture
  const identified: Identity[] = []
  const changed = options.change ? options.change(fixture.provider) : fixture.provider
  const provider: OAuthProxyProvider = {
    ...changed,
    async identify(tokens, api) {
      const identity = await changed.identify(tokens, api)
      identified.push(identity)
      return identity
    },
  }
  const atIdP = async (request: Request): Promise<Response> =>
    await (fake.fetch ? fake.fetch(request) : fetch(request, { redirect: 'manual' }))
  if (fake.settings?.expiresIn !== undefined) fake.settings.expiresIn = upstreamSeconds
  const transport = createTransport(atIdP, holdDeadlines().endSoon)
  const events: AuthEvent[] = []
  const answers: LabAnswer[] = []
  const store = slowStore(createMemoryStore({ now: clock.now }))
  const newServer = (): OAuthProxy =>
    createOAuthProxy({
      baseUrl,
      provider,
      secret: rootSecret,
      store,
      now: clock.now,
      fetch: transport.fetch,
      onEvent: (event) => events.push(event),
    })
  const auth = newServer()
  return {
    ...fixture,
    provider,
    identified,
    auth,
    twin: newServer(),
    clock,
    transport,
    events,
    answers,
    clientSecrets: new Set(),
    atIdP,
    async send(request) {
      const answer = await readAnswer(await auth.fetch(request))
      answers.push(answer)
      return answer
    },
  }
}

async function readAnswer(response: Response | undefined): Promise<LabAnswer> {
  const { status = 404, headers = new Headers() } = response ?? {}
  const text = (await response?.text()) ?? ''
  return {
    status,
    headers,
    text,
    location: headers.get('location') ?? undefined,
    json: () => Object(JSON.parse(text)) as Readonly<Record<string, unknown>>,
  }
}
