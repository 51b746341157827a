/** A proxy in front of an identity provider, without sockets, with a clock of its own. @module */
import {
  createMemoryStore,
  createOAuthProxy,
  type OAuthProxy,
  type OAuthProxyOptions,
  type Store,
} from '@mcp-auth/core'
import { createTestClock, type TestClock } from '@mcp-auth/testing'
import { type BenchIdP, fakeDiscord } from './idps.ts'
import { type RecordingStore, recordingStore } from './recording-store.ts'

/** What everything is measured with. */
export interface Lab {
  readonly auth: OAuthProxy
  readonly idp: BenchIdP
  readonly clock: TestClock
  readonly store: RecordingStore
  /** Sends a request to the proxy. Throws when the status is not the expected one. */
  send(request: Request, status: number): Promise<Response>
}

/** Settings of {@link createLab}. */
export interface LabOptions {
  /** Default: Discord. */
  readonly createIdP?: (now: () => number) => BenchIdP
  /** Default: in memory. */
  readonly createStore?: (now: () => number) => Store
  /** Default: by access tokens only. */
  readonly authenticate?: OAuthProxyOptions['authenticate']
}

/** Any root secret: 32 bytes, base64url. */
const secret = 'YmVuY2htYXJrLXJvb3Qtc2VjcmV0LW9mLTMyLWJ5dGU'

/** Creates one. Limits of rate are off, since all requests have one sender. */
export function createLab(options: LabOptions = {}): Lab {
  const clock = createTestClock()
  const { now } = clock
  const idp = (options.createIdP ?? fakeDiscord)(now)
  const store = recordingStore(options.createStore?.(now) ?? createMemoryStore({ now }))
  const auth = createOAuthProxy({
    baseUrl: 'https://mcp.example',
    provider: idp.provider,
    fetch: idp.fetch,
    secret,
    store,
    now,
    rateLimit: () => undefined,
    authenticate: options.authenticate,
  })
  return {
    auth,
    idp,
    clock,
    store,
    async send(request, status) {
      const answer = await auth.fetch(request)
      if (answer?.status === status) return answer
      throw new Error(`${request.method} ${new URL(request.url).pathname}: ${answer?.status} ${await answer?.text()}`)
    },
  }
}
