/** Every request that uses the store, and every step it takes there. @module */
import type { RevocationReason } from '../../../src/events.ts'
import * as client from './client.ts'
import type { Step } from './faulty-store.ts'
import { type Process, upstreamSeconds, type World } from './world.ts'

/** One request. */
export interface Flow {
  readonly name: string
  /** What it does at the store, in order. */
  readonly steps: readonly Step[]
  /** Its answer. */
  readonly success: string
  /** The answer while the store fails at a step. Default: 503. */
  readonly failure?: (step: number) => string
  /** The write that uses up what the request shows, and the answer to the same request from then on. */
  readonly spends?: { readonly step: number; readonly answer: string }
  /** Steps at which it does not matter whether the store answers. */
  readonly indifferent?: readonly number[]
  /** Why a grant ends by this request, or by its repetition once it was used up. */
  readonly ends?: RevocationReason
  /**
   * Between these two steps the identity provider replaced its tokens, and only the process knows the new ones: when it
   * dies then, the sign-in is over, and this is the answer.
   */
  readonly fragile?: { readonly after: number; readonly saved: number; readonly answer: string }
  readonly prepare: (world: World, at: Process) => Promise<client.Ask>
}

const renewal: readonly Step[] = [
  'get grant',
  'set lease',
  'get grant',
  'get grant',
  'compareAndSwap grant',
  'get lease',
  'compareAndSwap lease',
]

async function loginAndWait(world: World, at: Process): Promise<client.Tokens> {
  const tokens = await client.login(world, at)
  world.clock.advance(upstreamSeconds)
  return tokens
}

/** The flows. */
export const flows: readonly Flow[] = [
  {
    name: 'the consent page',
    steps: [],
    success: '200',
    prepare: async () => async (at) => {
      const { consent } = await client.openPage(at)
      return new Response(null, { status: consent === '' ? 500 : 200 })
    },
  },
  {
    name: 'an approval',
    steps: ['set transaction', 'set consent'],
    success: 'to the identity provider',
    spends: { step: 1, answer: '400' },
    prepare: async (_world, at) => client.decide(await client.openPage(at), 'approve'),
  },
  {
    name: 'a denial',
    steps: ['set consent'],
    success: 'to the client: access_denied',
    spends: { step: 0, answer: '400' },
    prepare: async (_world, at) => client.decide(await client.openPage(at), 'deny'),
  },
  {
    name: 'the return from the identity provider',
    steps: ['get transaction', 'take transaction', 'get subject', 'set subject', 'set grant'],
    success: 'to the client: code',
    failure: (step) => (step < 2 ? client.tryLater : 'to the client: temporarily_unavailable'),
    spends: { step: 1, answer: '400' },
    prepare: async (world, at) => (await client.signInUpstream(world, at)).comeBack,
  },
  {
    name: 'a code',
    steps: ['get grant', 'get subject', 'compareAndSwap subject', 'compareAndSwap grant'],
    success: '200',
    spends: { step: 3, answer: '400 invalid_grant' },
    ends: 'code_replayed',
    prepare: async (world, at) => (await client.authorize(world, at)).redeem,
  },
  {
    name: 'a refresh',
    steps: ['get grant', 'compareAndSwap grant'],
    success: '200',
    prepare: async (world, at) => client.refresh(await client.login(world, at)),
  },
  {
    name: 'a refresh that renews the tokens of the identity provider',
    steps: ['get grant', ...renewal, 'get grant', 'compareAndSwap grant'],
    success: '200',
    indifferent: [6, 7],
    fragile: { after: 3, saved: 5, answer: '400 invalid_grant' },
    prepare: async (world, at) => client.refresh(await loginAndWait(world, at)),
  },
  {
    name: 'a call of the protected resource',
    steps: ['get grant'],
    success: '200',
    prepare: async (world, at) => client.call(await client.login(world, at)),
  },
  {
    name: 'a tool that renews the tokens of the identity provider',
    steps: ['get grant', 'get grant', ...renewal],
    success: '200',
    indifferent: [7, 8],
    fragile: { after: 4, saved: 6, answer: '401 invalid_token' },
    prepare: async (world, at) => client.callUpstream(await loginAndWait(world, at)),
  },
  {
    name: 'an introspection',
    steps: ['get grant'],
    success: '200',
    prepare: async (world, at) => client.introspect(await client.login(world, at)),
  },
  {
    name: 'an introspection by a client that signs',
    steps: ['set assertion', 'get grant'],
    success: '200',
    prepare: async (world, at) => client.introspectSigning(await client.login(world, at)),
  },
  {
    name: 'a revocation',
    steps: ['get grant', 'get grant', 'compareAndSwap grant', 'get subject', 'compareAndSwap subject'],
    success: '200',
    ends: 'client_request',
    prepare: async (world, at) => client.revoke(await client.login(world, at)),
  },
]
