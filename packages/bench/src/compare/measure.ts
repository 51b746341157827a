/** All servers, slice by slice, in rounds. @module */
import { quantile } from '../quantile.ts'
import { type Child, startChild } from './children.ts'
import { call, callOpen, forge, type Login, logIn } from './flow.ts'
import { startIdP } from './idp.ts'
import { runSlice, type Slice } from './slices.ts'
import { type VariantName, variantNames } from './variants.ts'

/** What is measured: a whole login; a request with a token never seen before, seen before, forged; one without a gate. */
export const works = ['login', 'fresh', 'seen', 'forged', 'open'] as const

/** One of them. */
export type Work = (typeof works)[number]

/** A median and the middle half around it. */
export interface Spread {
  readonly median: number
  readonly low: number
  readonly high: number
}

/** What one server needs for one work. */
interface Result {
  /** CPU time for each, in microseconds. */
  readonly cpu: Spread
  /** The same, as a ratio to the floor in the same round. */
  readonly cpuRatio: Spread
  /** CPU time beyond that of a request without a gate in the same round, in microseconds. */
  readonly added: Spread
  readonly perSecond: Spread
  /** The same, as a ratio to the floor in the same round. */
  readonly perSecondRatio: Spread
}

/** What a login consists of. */
interface Steps {
  /** Requests to the server. */
  readonly requests: number
  /** Requests of the server to the IdP. */
  readonly idpCalls: number
}

/** Everything. */
export interface Measurement {
  readonly rounds: number
  readonly results: Readonly<Record<Work, ReadonlyMap<VariantName, Result>>>
  readonly steps: ReadonlyMap<VariantName, Steps>
}

/** How long a slice is, in seconds. */
export interface SliceSeconds {
  readonly login: number
  readonly request: number
}

type Round = Readonly<Record<Work, ReadonlyMap<VariantName, Slice>>>

/** Tokens that are seen again and again. */
const familiar = 8

/** Measures in rounds until the time is over, at least one. A longer round before them warms up and does not count. */
export async function measure(
  seconds: number,
  slices: SliceSeconds = { login: 0.5, request: 0.2 },
  names: readonly VariantName[] = variantNames,
): Promise<Measurement> {
  const idp = await startIdP()
  const children: Child[] = []
  try {
    for (const name of names) children.push(await startChild(name, idp))
    await runRound(children, { login: slices.login * 3, request: slices.request * 2 })
    const steps = await countSteps(children, idp.calls)
    const rounds: Round[] = []
    const end = performance.now() + seconds * 1000
    do rounds.push(await runRound(rotate(children, rounds.length), slices))
    while (performance.now() < end)
    return { rounds: rounds.length, results: summarize(rounds, names), steps }
  } finally {
    await Promise.all(children.map(async (child) => await child.stop()))
    await idp.stop()
  }
}

/** One slice of each work on each server: work by work, so that what is compared lies next to each other. */
async function runRound(children: readonly Child[], seconds: SliceSeconds): Promise<Round> {
  const logins = new Map<VariantName, Login[]>()
  const each = async (run: (child: Child, done: Login[]) => Promise<Slice>): Promise<Map<VariantName, Slice>> => {
    const all = new Map<VariantName, Slice>()
    for (const child of children) all.set(child.name, await run(child, logins.get(child.name) ?? []))
    return all
  }
  const requests = { width: 16, seconds: seconds.request }
  const login = await each(async (child, done) => {
    logins.set(child.name, done)
    return await runSlice(child, { width: 8, seconds: seconds.login }, async () => done.push(await logIn(child.site)))
  })
  const fresh = await each(async (child, done) => {
    const tokens = done.flat()
    const load = { ...requests, most: tokens.length }
    return await runSlice(child, load, async (n) => await call(child.site, tokens[n] ?? ''))
  })
  const seen = await each(async (child, done) => {
    const tokens = done.flat().slice(0, familiar)
    for (const token of tokens) await call(child.site, token)
    return await runSlice(child, requests, async (n) => await call(child.site, tokens[n % tokens.length] ?? ''))
  })
  const forged = await each(async (child, done) => {
    const [token = ''] = done.flat()
    return await runSlice(child, requests, async () => await call(child.site, forge(token), 401))
  })
  const open = await each(async (child) => await runSlice(child, requests, async () => await callOpen(child.site)))
  return { login, fresh, seen, forged, open }
}

async function countSteps(children: readonly Child[], calls: () => number): Promise<ReadonlyMap<VariantName, Steps>> {
  const steps = new Map<VariantName, Steps>()
  for (const { name, site, sender } of children) {
    const before = { requests: sender.count(), idpCalls: calls() }
    await logIn(site)
    steps.set(name, { requests: sender.count() - before.requests, idpCalls: calls() - before.idpCalls })
  }
  return steps
}

function rotate<T>(list: readonly T[], by: number): readonly T[] {
  const cut = by % list.length
  return [...list.slice(cut), ...list.slice(0, cut)]
}

function summarize(rounds: readonly Round[], names: readonly VariantName[]): Measurement['results'] {
  const of = (work: Work): ReadonlyMap<VariantName, Result> =>
    new Map(names.map((name) => [name, summarizeOne(rounds, work, name)]))
  return { login: of('login'), fresh: of('fresh'), seen: of('seen'), forged: of('forged'), open: of('open') }
}

function summarizeOne(rounds: readonly Round[], work: Work, name: VariantName): Result {
  const spread = (value: (slice: Slice, floor: Slice, open: Slice) => number): Spread => {
    const values = rounds.map((round) => {
      const [slice, floor, open] = [round[work].get(name), round[work].get('floor'), round.open.get(name)]
      if (!slice || !floor || !open) throw new Error('the floor is measured in every round')
      return value(slice, floor, open)
    })
    return { median: quantile(values, 0.5), low: quantile(values, 0.25), high: quantile(values, 0.75) }
  }
  return {
    cpu: spread(({ cpu }) => cpu),
    cpuRatio: spread(({ cpu }, floor) => cpu / floor.cpu),
    added: spread(({ cpu }, _floor, open) => cpu - open.cpu),
    perSecond: spread(({ perSecond }) => perSecond),
    perSecondRatio: spread(({ perSecond }, floor) => perSecond / floor.perSecond),
  }
}
