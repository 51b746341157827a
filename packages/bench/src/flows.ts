/** What each step of a client's life does at the store. @module */
import * as client from './client.ts'
import { fakeDiscord } from './idps.ts'
import { createLab, type LabOptions } from './lab.ts'
import { describeOperations, type StoreOperation } from './recording-store.ts'

/** One step, and what it did. */
export interface Step {
  readonly name: StepName
  readonly operations: readonly StoreOperation[]
}

/** The steps, in the order of a client's life. */
export const stepNames = [
  'metadata and keys',
  'registration',
  'authorization request',
  'approval',
  'return from the IdP',
  'code for tokens',
  'request, token not seen before',
  'request, token seen before',
  'request of a tool for the upstream token',
  'the same, when it has to be refreshed',
  'refresh',
  'refresh, sent again within the grace',
  'refresh, when the upstream token is over as well',
  'revocation',
  'request with a revoked token',
  'request with a forged token',
] as const

/** Name of a step. */
export type StepName = (typeof stepNames)[number]

/** The steps that make up a sign-in. */
export const signInSteps: readonly StepName[] = [
  'authorization request',
  'approval',
  'return from the IdP',
  'code for tokens',
]

/** Life of the IdP's access tokens here, in seconds: they end before ours do. */
const upstreamSeconds = 1800

/** Goes through all steps once. Throws when one fails. */
export async function runSteps(options: LabOptions = {}): Promise<readonly Step[]> {
  const lab = createLab({ createIdP: (now) => fakeDiscord(now, upstreamSeconds), ...options })
  const steps: Step[] = []
  const step = async <T>(name: StepName, work: () => Promise<T>): Promise<T> => {
    lab.store.drain()
    const result = await work()
    steps.push({ name, operations: lab.store.drain() })
    return result
  }

  await step('metadata and keys', async () => {
    for (const path of lab.auth.paths.filter((one) => /\.well-known|jwks/.test(one))) {
      await lab.send(new Request(`https://mcp.example${path}`), 200)
    }
  })
  const clientId = await step('registration', async () => await client.register(lab))
  const page = await step('authorization request', async () => await client.authorize(lab, clientId))
  const departure = await step('approval', async () => await client.approve(lab, page))
  const callbackURL = await client.visitIdP(lab, departure)
  const code = await step('return from the IdP', async () => await client.comeBack(lab, departure, callbackURL))
  const first = await step('code for tokens', async () => await client.redeem(lab, code))
  await step('request, token not seen before', async () => await client.call(lab, first))
  const session = await step('request, token seen before', async () => await client.call(lab, first))
  await step('request of a tool for the upstream token', async () => await session.getUpstreamAccessToken())
  lab.clock.advance(upstreamSeconds)
  await step('the same, when it has to be refreshed', async () => await session.getUpstreamAccessToken())
  await step('refresh', async () => await client.refresh(lab, first))
  const second = await step('refresh, sent again within the grace', async () => await client.refresh(lab, first))
  lab.clock.advance(upstreamSeconds)
  const third = await step(
    'refresh, when the upstream token is over as well',
    async () => await client.refresh(lab, second),
  )
  await step('revocation', async () => await client.revoke(lab, third))
  await step('request with a revoked token', async () => await refused(client.call(lab, third)))
  const forged = { ...third, accessToken: `${third.accessToken.slice(0, -4)}AAAA` }
  await step('request with a forged token', async () => await refused(client.call(lab, forged)))
  return steps
}

/** The operations of each step, in short. */
export function summarize(steps: readonly Step[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(steps.map(({ name, operations }) => [name, describeOperations(operations)]))
}

async function refused(work: Promise<unknown>): Promise<void> {
  const outcome = await work.then(
    () => 'passed',
    (error: unknown) => String(error),
  )
  if (!outcome.includes('refused: 401')) throw new Error(outcome)
}
