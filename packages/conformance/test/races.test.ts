import type { Store } from '@mcp-auth/express'
import { afterEach, expect, it } from 'vitest'
import { outcome } from './support/answers.ts'
import type { Answer } from './support/browser.ts'
import { authorize, callMCP, login, newClient, newPKCE, redeem, refresh } from './support/client.ts'
import { revoke } from './support/revocation.ts'
import { startTestServer, type TestServer } from './support/server.ts'
import { hookStore, meetingPoint, type StoreStep, slowStore } from './support/stores.ts'
import { startTwin } from './support/twin.ts'

const crowd = 50

let server: TestServer
let others: TestServer[] = []
afterEach(async () => {
  for (const other of others) await other.close()
  others = []
  await server.close()
})

/** Opens a meeting point for the steps of one kind; before, they are not held. */
interface Meeting {
  readonly wrap: (store: Store) => Store
  hold(step: StoreStep, count: number): void
}

function createMeeting(): Meeting {
  let held: StoreStep | undefined
  let meet = meetingPoint(1)
  const before = async (step: StoreStep): Promise<void> => {
    if (step === held) await meet()
  }
  return {
    wrap: (store) => hookStore(slowStore(store), { before }),
    hold: (step, count) => {
      held = step
      meet = meetingPoint(count)
    },
  }
}

/** The same request many times at once, in turn to each process. */
async function parallel(processes: readonly TestServer[], ask: (at: TestServer) => Promise<Answer>): Promise<Answer[]> {
  return await Promise.all(Array.from({ length: crowd }, (_, n) => ask(processes[n % processes.length] ?? server)))
}

function tally(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const answer of answers) counts[outcome(answer)] = (counts[outcome(answer)] ?? 0) + 1
  return counts
}

async function startProcesses(count: number, wrap: (store: Store) => Store = slowStore): Promise<TestServer[]> {
  let shared: Store | undefined
  server = await startTestServer({ wrapStore: (store) => (shared = wrap(store)) })
  for (let n = 1; n < count; n += 1) if (shared) others.push(await startTwin(server, { store: shared }))
  return [server, ...others]
}

const onlyOne = { '200': 1, '400 invalid_grant': crowd - 1 }

it.each([1, 2])(
  'A023 C1 redeems a code once of 50 times at once, in %d process(es) with a slow store',
  async (count) => {
    const processes = await startProcesses(count)
    const authorization = await authorize(server)
    const answers = await parallel(processes, (at) => redeem(at, authorization))
    expect(tally(answers)).toEqual(onlyOne)
    expect(
      server.events.concat(...others.map(({ events }) => events)).filter(({ type }) => type === 'token.issued'),
    ).toHaveLength(1)
  },
)

it.each([1, 2])(
  'A023 C1 redeems a code once when 50 have read it before anybody wrote, in %d process(es)',
  async (count) => {
    const meeting = createMeeting()
    const processes = await startProcesses(count, meeting.wrap)
    const authorization = await authorize(server)
    meeting.hold('compareAndSwap grant', crowd)
    const answers = await parallel(processes, (at) => redeem(at, authorization))
    expect(tally(answers)).toEqual(onlyOne)
    // All were equally early: nobody replayed, so the winner's tokens live.
    const won = answers.find(({ status }) => status === 200)
    expect((await callMCP(server, String(won?.json()['access_token']))).status).toBe(200)
  },
)

it('C1 gives a code to its owner however many strangers try it at the same time', async () => {
  await startProcesses(1)
  const authorization = await authorize(server)
  const strangers = [await newClient(server), await newClient(server)]
  const attempts = Array.from({ length: crowd }, async (_, n) =>
    n === 25
      ? await redeem(server, authorization)
      : await redeem(server, { ...authorization, client: strangers[n % 2] ?? authorization.client }),
  )
  const answers = await Promise.all(attempts)
  expect(tally(answers)).toEqual(onlyOne)
  expect(answers[25]?.status).toBe(200)
})

it('C1 lets either the right or the wrong verifier win, and never both', async () => {
  const meeting = createMeeting()
  await startProcesses(1, meeting.wrap)
  const authorization = await authorize(server)
  meeting.hold('compareAndSwap grant', 2)
  const wrong = { ...authorization, verifier: newPKCE().verifier }
  const [right, guessed] = await Promise.all([redeem(server, authorization), redeem(server, wrong)])
  expect(outcome(guessed)).toBe('400 invalid_grant')
  // Whichever came first: a wrong verifier from the code's own client has ended the session.
  expect(server.events.filter(({ type }) => type === 'grant.revoked')).toHaveLength(1)
  const issued = right.status === 200 ? [String(right.json()['access_token'])] : []
  const calls = await Promise.all(issued.map(async (token) => outcome(await callMCP(server, token))))
  expect([outcome(right), ...calls]).toEqual(
    right.status === 200 ? ['200', '401 invalid_token'] : ['400 invalid_grant'],
  )
})

it.each([1, 2])(
  'A098 C2 gives 50 refreshes at once one successor and the same bytes, in %d process(es) with a slow store',
  async (count) => {
    const processes = await startProcesses(count)
    const tokens = await login(server)
    const answers = await parallel(processes, (at) => refresh(at, tokens.client, tokens.refresh_token))
    expect(tally(answers)).toEqual({ '200': crowd })
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
  },
)

it.each([1, 2])(
  'A098 C2 gives one successor when 50 have read the grant before anybody wrote, in %d process(es)',
  async (count) => {
    const meeting = createMeeting()
    const processes = await startProcesses(count, meeting.wrap)
    const tokens = await login(server)
    meeting.hold('compareAndSwap grant', crowd)
    const answers = await parallel(processes, (at) => refresh(at, tokens.client, tokens.refresh_token))
    expect(tally(answers)).toEqual({ '200': crowd })
    const bodies = [...new Set(answers.map(({ text }) => text))]
    expect(bodies).toHaveLength(1)
    const body = JSON.parse(bodies[0] ?? '') as { access_token: string; refresh_token: string }
    expect(body.refresh_token).not.toBe(tokens.refresh_token)
    expect((await callMCP(server, body.access_token)).status).toBe(200)
    expect((await refresh(server, tokens.client, body.refresh_token)).status).toBe(200)
  },
)

it('A098 C2 refuses all but the first of 50 refreshes at once where there is no grace', async () => {
  server = await startTestServer({ wrapStore: slowStore, lifetimes: { refreshGrace: 0 } })
  const tokens = await login(server)
  const answers = await parallel([server], (at) => refresh(at, tokens.client, tokens.refresh_token))
  expect(tally(answers)).toEqual(onlyOne)
})

it('C2 gives strangers nothing of 50 refreshes at once', async () => {
  await startProcesses(1)
  const tokens = await login(server)
  const stranger = await newClient(server)
  const answers = await Promise.all(
    Array.from({ length: crowd }, (_, n) => refresh(server, n % 2 ? stranger : tokens.client, tokens.refresh_token)),
  )
  expect(tally(answers)).toEqual({ '200': crowd / 2, '400 invalid_grant': crowd / 2 })
  expect(answers.filter(({ status }, n) => (n % 2 === 0) !== (status === 200))).toEqual([])
})

it('C2 lets a revocation win against a refresh that has read the grant before', async () => {
  const meeting = createMeeting()
  await startProcesses(1, meeting.wrap)
  const tokens = await login(server)
  meeting.hold('compareAndSwap grant', 2)
  const [refreshed, revoked] = await Promise.all([
    refresh(server, tokens.client, tokens.refresh_token),
    revoke(server, tokens.client, tokens.refresh_token),
  ])
  expect(revoked.status).toBe(200)
  const issued = refreshed.status === 200 ? [String(refreshed.json()['access_token'])] : []
  const dead = [tokens.access_token, ...issued].map(async (token) => outcome(await callMCP(server, token)))
  expect(new Set(await Promise.all(dead))).toEqual(new Set(['401 invalid_token']))
})
