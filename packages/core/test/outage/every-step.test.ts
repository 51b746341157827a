import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readJSON } from '../providers/support/lab.ts'
import { type Ask, call, callUpstream, login, refresh, tokensOf, tryLater, wordOf } from './support/client.ts'
import { createFaultyStore, type FaultyStore, type Step, type Trouble, troubles } from './support/faulty-store.ts'
import { type Flow, flows } from './support/flows.ts'
import { createWorld, type Process, startProcess, usesOfRefreshTokens, type World } from './support/world.ts'

/** Only what waits for the store, and nothing that the platform does, stands still. */
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

interface Scene {
  readonly world: World
  readonly faulty: FaultyStore
  /** The process whose store has trouble. */
  readonly first: Process
  /** Another one over the same database. */
  readonly second: Process
  readonly ask: Ask
}

async function setScene(flow: Flow): Promise<Scene> {
  const world = createWorld()
  const faulty = createFaultyStore(world.database)
  const first = startProcess(world, { store: faulty.store })
  const second = startProcess(world)
  return { world, faulty, first, second, ask: await flow.prepare(world, first) }
}

/** An answer, in a word and whole. */
interface Answered {
  readonly word: string
  readonly body: Readonly<Record<string, unknown>>
}

async function describeAnswer(answer: Response): Promise<Answered> {
  const isJSON = answer.headers.get('content-type')?.startsWith('application/json') === true
  return { word: await wordOf(answer), body: isJSON ? await readJSON(answer.clone()) : {} }
}

/** Waits for what only the platform knows the end of, such as a signature. */
async function until(isOver: () => boolean): Promise<void> {
  while (!isOver()) await new Promise<void>((resolve) => setImmediate(resolve))
}

/** The answer in a word; a store that is silent is given up, and a process that died answers nothing. */
async function outcomeOf({ ask, first, faulty }: Scene): Promise<Answered> {
  let isAnswered = false
  const answer = ask(first).finally(() => (isAnswered = true))
  await until(() => isAnswered || faulty.isSilent())
  if (faulty.isDead()) return { word: 'no answer', body: {} }
  if (!isAnswered) await vi.advanceTimersByTimeAsync(5000)
  await until(() => isAnswered)
  return await describeAnswer(await answer)
}

const isWrite = (step: Step): boolean => !step.startsWith('get ')
const isEnd = (trouble: Trouble): boolean => trouble.startsWith('dies')

/** The step at which the request fails, if it does. */
function failingStep({ steps, indifferent = [] }: Flow, trouble: Trouble, at: number): number | undefined {
  if (isEnd(trouble)) return at
  const isHit = (index: number): boolean => {
    if (trouble === 'away') return index >= at
    return trouble === 'read-only' ? index >= at && isWrite(steps[index] ?? 'get grant') : index === at
  }
  return [...steps.keys()].find((index) => isHit(index) && !indifferent.includes(index))
}

/** Whether a step was done. */
function isDone(step: number, trouble: Trouble, at: number | undefined): boolean {
  if (at === undefined || step < at) return true
  return step === at && ['lost', 'late', 'dies after'].includes(trouble)
}

interface Expected {
  readonly answer: string
  /** What the same request gets afterwards, or got at once. */
  readonly again: string
  /** Whether the sign-in is over, since the process took the only copy of its tokens with it. */
  readonly isOver: boolean
}

function expectedOf(flow: Flow, trouble: Trouble, at: number): Expected {
  const failing = failingStep(flow, trouble, at)
  const failure = failing === undefined ? flow.success : (flow.failure?.(failing) ?? tryLater)
  const { fragile, spends, success } = flow
  const isOver =
    isEnd(trouble) && fragile !== undefined && at > fragile.after && !isDone(fragile.saved, trouble, failing)
  const isSpent = failing !== undefined && spends !== undefined && isDone(spends.step, trouble, failing)
  return {
    answer: isEnd(trouble) ? 'no answer' : failure,
    again: isOver ? fragile.answer : isSpent ? spends.answer : success,
    isOver,
  }
}

const places = ['the same process', 'another process'] as const
const cases = flows.flatMap((flow) =>
  flow.steps.flatMap((step, at) =>
    troubles.flatMap((trouble) => places.map((place) => ({ flow, step, at, trouble, place }))),
  ),
)

describe.each(flows)('$name', (flow) => {
  it('takes exactly the steps of this table at the store', async () => {
    const scene = await setScene(flow)
    const before = scene.faulty.steps.length
    expect((await outcomeOf(scene)).word).toBe(flow.success)
    expect(scene.faulty.steps.slice(before)).toEqual(flow.steps)
  })

  it.each(cases.filter((one) => one.flow === flow && (one.place === 'another process' || !isEnd(one.trouble))))(
    'D9 A097 loses nothing when its store or its process fails ($trouble at step $at, $step) and $place is asked again',
    async ({ at, trouble, place }) => {
      const scene = await setScene(flow)
      const { faulty, first, second } = scene
      const expected = expectedOf(flow, trouble, at)
      faulty.plan(trouble, at)
      const answer = await outcomeOf(scene)
      expect(answer.word).toBe(expected.answer)
      await faulty.mend()
      const living = place === 'another process' ? second : first
      if (living === second) await letTimePass(scene, flow)
      // A request that went well is not repeated.
      const last = answer.word === flow.success ? answer : await describeAnswer(await scene.ask(living))
      expect(last.word).toBe(expected.again)
      await faulty.arrive()
      await checkTokens(last, second)
      await checkWorld(scene, flow, expected)
      await checkNewcomer(scene.world, living, second)
    },
  )
})

/** Lets a process that lives save what it has, and the lease of one that does not end. */
async function letTimePass({ world }: Scene, flow: Flow): Promise<void> {
  await vi.advanceTimersByTimeAsync(1000)
  if (flow.steps.includes('set lease')) world.clock.advance(21)
}

/** What a client was given is good, and can be refreshed. */
async function checkTokens({ body }: Answered, at: Process): Promise<void> {
  const { access_token: accessToken, refresh_token: refreshToken } = body
  if (typeof accessToken !== 'string' || typeof refreshToken !== 'string') return
  const { client_id } = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())
  const tokens = { clientId: String(client_id), accessToken, refreshToken }
  expect(await wordOf(await call(tokens)(at))).toBe('200')
  expect(await wordOf(await refresh(tokens)(at))).toBe('200')
}

/** Nothing was used twice, and nobody was signed out. */
async function checkWorld({ world, first, second }: Scene, flow: Flow, expected: Expected): Promise<void> {
  const events = [...first.events, ...second.events]
  expect(usesOfRefreshTokens(world).filter((count) => count > 1)).toEqual(expected.isOver ? [2] : [])
  expect(events.filter(({ type }) => type === 'token.issued').length).toBeLessThanOrEqual(1)
  const ends = events.flatMap((event) => (event.type === 'grant.revoked' ? [event.reason] : []))
  const expectedEnds = [...(expected.isOver ? ['upstream_revoked'] : []), ...(flow.ends ? [flow.ends] : [])]
  expect(ends.filter((reason) => !expectedEnds.includes(reason))).toEqual([])
}

/** A whole session from its beginning works. */
async function checkNewcomer(world: World, living: Process, other: Process): Promise<void> {
  const tokens = await login(world, living)
  expect(await wordOf(await call(tokens)(other))).toBe('200')
  world.clock.advance(600)
  const refreshed = await tokensOf(tokens.clientId, await refresh(tokens)(other))
  expect(await wordOf(await callUpstream(refreshed)(living))).toBe('200')
}
