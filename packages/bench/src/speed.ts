/** CPU time of each operation, as a ratio to a floor that is measured next to it. @module */
import { createCipheriv, createDecipheriv, createSecretKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { cpuUsage } from 'node:process'
import * as client from './client.ts'
import { cannedIdP } from './idps.ts'
import { createLab, type Lab } from './lab.ts'
import { quantile } from './quantile.ts'

/** How many floors an operation costs: the median over all rounds, and the middle half of them. */
interface Speed {
  readonly name: string
  readonly median: number
  readonly low: number
  readonly high: number
}

/** All operations, and the floor itself. */
export interface Speeds {
  readonly speeds: readonly Speed[]
  /** CPU time of the floor on this machine, in microseconds: to be compared with nothing but this run. */
  readonly floorMicroseconds: number
}

/** Bytes of a record, and of what is signed of an access token. */
const recordBytes = 1500
const tokenBytes = 600

/** CPU time of a piece of work, in microseconds for each of `count` times. */
async function timed(count: number, work: (n: number) => unknown): Promise<number> {
  const begin = cpuUsage()
  for (let n = 0; n < count; n += 1) await work(n)
  const { user, system } = cpuUsage(begin)
  return (user + system) / count
}

/** The least that a flow has to do: seal a record, open a record, sign a token, each once, with `node:crypto`. */
function createFloor(): () => void {
  const key = createSecretKey(randomBytes(32))
  const { privateKey } = generateKeyPairSync('ed25519')
  const record = randomBytes(recordBytes)
  const token = randomBytes(tokenBytes)
  return () => {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', key, nonce)
    const sealed = [cipher.update(record), cipher.final()]
    const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAuthTag(cipher.getAuthTag())
    for (const part of sealed) decipher.update(part)
    decipher.final()
    sign(null, token, privateKey)
  }
}

/** One batch of users, step by step; each step next to a slice of the floor. */
async function round(lab: Lab, floor: () => void, batch: number): Promise<ReadonlyMap<string, readonly number[]>> {
  const results = new Map<string, number[]>()
  const stage = async <T>(name: string, work: (n: number) => Promise<T>, repeats = 1): Promise<readonly T[]> => {
    const outcomes: T[] = []
    const floorTime = await timed(batch, floor)
    const time = await timed(batch * repeats, async (n) => (outcomes[n % batch] = await work(n % batch)))
    results.set(name, [time / floorTime, floorTime])
    return outcomes
  }
  const at = <T>(list: readonly T[], n: number): T => {
    const item = list[n]
    if (item === undefined) throw new Error('there is one for each user')
    return item
  }
  await stage('the request itself', async () => client.newRequest('a'.repeat(tokenBytes)))
  const ids = await stage('registration', async () => await client.register(lab))
  const pages = await stage('authorization request', async (n) => await client.authorize(lab, at(ids, n)))
  const departures = await stage('approval', async (n) => await client.approve(lab, at(pages, n)))
  const callbacks = await Promise.all(departures.map(async (one) => await client.visitIdP(lab, one)))
  const codes = await stage('return from the IdP', async (n) =>
    client.comeBack(lab, at(departures, n), at(callbacks, n)),
  )
  const tokens = await stage('code for tokens', async (n) => await client.redeem(lab, at(codes, n)))
  await stage('request, token not seen before', async (n) => await client.call(lab, at(tokens, n)))
  const sessions = await stage('request, token seen before', async (n) => await client.call(lab, at(tokens, n)), 4)
  lab.clock.advance(1790)
  await stage('upstream refresh', async (n) => await at(sessions, n).getUpstreamAccessToken())
  const second = await stage('refresh', async (n) => await client.refresh(lab, at(tokens, n)))
  await stage('revocation', async (n) => await client.revoke(lab, at(second, n)))
  return results
}

/** Measures in `rounds` rounds of `batch` users each. The first round warms up and does not count. */
export async function measureSpeed(rounds: number, batch: number): Promise<Speeds> {
  const lab = createLab({ createIdP: () => cannedIdP({ tokenCharacters: 32, expiresIn: 1800 }) })
  const floor = createFloor()
  await round(lab, floor, batch)
  const ratios = new Map<string, number[]>()
  const floors: number[] = []
  for (let done = 0; done < rounds; done += 1) {
    for (const [name, [ratio = 0, floorTime = 0]] of await round(lab, floor, batch)) {
      ratios.set(name, [...(ratios.get(name) ?? []), ratio])
      floors.push(floorTime)
    }
  }
  return {
    speeds: [...ratios].map(([name, all]) => ({
      name,
      median: quantile(all, 0.5),
      low: quantile(all, 0.25),
      high: quantile(all, 0.75),
    })),
    floorMicroseconds: quantile(floors, 0.5),
  }
}
