/** The rules of Discord for whoever sends requests, kept for all bots of a process together. @module */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Account, createAccount, enterSecond } from './account.ts'
import { createBoundedMap } from './bounded-map.ts'
import { type Bucket, block, createBucket, giveBack, isBusy, readRateLimitHeaders, rootOf } from './bucket.ts'
import { DiscordError } from './errors.ts'
import type { DiscordAnswer } from './exchange.ts'
import { createInvalidRequests, type InvalidRequests } from './invalid-requests.ts'
import { createKnownRefusals } from './known-refusals.ts'
import { type DiscordLimits, defaultLimits } from './limits.ts'
import { enter, type Patience, pause, type Wait } from './queue.ts'
import { isGlobal, isOfDiscord, readRetryAfter } from './too-many-requests.ts'

/** Options of {@link createDiscordTraffic}. */
export interface DiscordTrafficOptions {
  /** Seconds since the epoch. Default: the clock of the machine. */
  readonly now?: (() => number) | undefined
  /** Default: timers. */
  readonly wait?: Wait | undefined
  readonly limits?: Partial<DiscordLimits> | undefined
}

/** A request, as far as limits go. */
export interface DiscordCall {
  readonly token: string
  /** Method and path, with names for ids. */
  readonly route: string
  /** Method, path and query: two calls that have the same are refused for the same reasons. */
  readonly target: string
  /** For whom. Absent: for nobody in particular. */
  readonly caller?: string | undefined
  /** The channel or the server in the path: limits are counted for each. */
  readonly resource: string
  readonly signal: AbortSignal
  /** Sending it twice does what sending it once does, so that a lost answer may be asked for again. */
  readonly isRepeatable: boolean
}

/** Sends requests when Discord will take them. */
export interface DiscordTraffic {
  /**
   * Waits for the turn of a request and sends it; once more when Discord says that it did nothing (429), or when its answer
   * was lost and may be asked for again.
   * @param send makes one attempt
   * @returns the answer; one that Discord gave a moment ago, where asking again would only be counted
   * @throws {DiscordError} `rate_limited`, `overloaded`, `blocked`, `invalid_requests`, `too_many_refusals` and
   * `token_refused`, without asking Discord where its answer is known; `cancelled`; what `send` throws
   */
  run(call: DiscordCall, send: () => Promise<DiscordAnswer>): Promise<DiscordAnswer>
  /** Waits so many seconds, if a call may wait as long. @throws {DiscordError} `rate_limited`, `cancelled` */
  pause(seconds: number, signal: AbortSignal): Promise<void>
}

/** Attempts at one request, however patient the caller. */
const maxAttempts = 4

/** Makes the traffic rules of a process. Everything in it is bounded. */
export function createDiscordTraffic(options: DiscordTrafficOptions = {}): DiscordTraffic {
  const { now = () => Date.now() / 1000, wait = sleepSeconds } = options
  const limits: DiscordLimits = { ...defaultLimits, ...options.limits }
  const accounts = createBoundedMap<Account>(limits.maxTokens)
  const buckets = createBoundedMap<Bucket>(limits.maxBuckets, isBusy)
  const callers = createBoundedMap<InvalidRequests>(limits.maxCallers)
  const refusals = createKnownRefusals(limits.maxKnownRefusals, limits.knownRefusalSeconds)
  const invalid = createInvalidRequests(limits.invalidRequests)
  let blockedUntil = 0

  const findAccount = (token: string): Account => {
    const name = createHash('sha256').update(token).digest('base64url')
    const account = accounts.get(name) ?? createAccount(name, limits)
    accounts.set(name, account)
    return account
  }

  const findBucket = (account: Account, { route, resource }: DiscordCall): Bucket => {
    const unnamed = `${account.name} ${route} ${resource}`
    const limit = account.limits.get(route)
    const key = limit === undefined ? unnamed : `${account.name} ${limit} ${resource}`
    const bucket = rootOf(buckets.get(key) ?? buckets.get(unnamed) ?? createBucket())
    buckets.set(key, bucket)
    return bucket
  }

  /** An answer has said which limit its route has; other routes may have the same. Returns that limit. */
  const learn = (account: Account, { route, resource }: DiscordCall, bucket: Bucket, limit: string): Bucket => {
    account.limits.set(route, limit)
    const key = `${account.name} ${limit} ${resource}`
    // Some routes have several: deleting does, by the age of the message
    // (https://github.com/discord/discord-api-docs/issues/1295). Then the answer is about another bucket.
    const mine = bucket.name === undefined || bucket.name === limit ? rootOf(bucket) : createBucket()
    const known = rootOf(buckets.get(key) ?? mine)
    if (known !== mine) mine.sameAs = known
    bucket.name ??= limit
    known.name ??= limit
    buckets.set(key, known)
    return known
  }

  /** Refuses what Discord would refuse, since even asking is counted. */
  const refuse = (account: Account, { caller }: DiscordCall): void => {
    const time = now()
    if (blockedUntil > time) throw new DiscordError('blocked', { retryAfterSeconds: blockedUntil - time })
    if (account.refusedUntil > time) {
      throw new DiscordError('token_refused', { retryAfterSeconds: account.refusedUntil - time })
    }
    const own = caller === undefined ? undefined : callers.get(caller)
    const ownSeconds = own?.secondsUntilRoom(time) ?? 0
    if (ownSeconds > 0) throw new DiscordError('too_many_refusals', { retryAfterSeconds: ownSeconds })
    // Several callers together may use up what a token has: whoever had no part in it goes on.
    const hasPart = caller === undefined || own?.isEmpty(time) === false
    const ofToken = hasPart ? account.invalid.secondsUntilRoom(time) : 0
    const seconds = Math.max(invalid.secondsUntilRoom(time), ofToken)
    if (seconds > 0) throw new DiscordError('invalid_requests', { retryAfterSeconds: seconds })
  }

  /** Counts what Discord counts, in all the places it counts for. */
  const count = (account: Account, { caller }: DiscordCall, { status, headers }: DiscordAnswer): void => {
    const isShared = headers.get('X-RateLimit-Scope') === 'shared'
    if (!(status === 401 || status === 403 || (status === 429 && !isShared))) return
    const time = now()
    invalid.add(time)
    account.invalid.add(time)
    // A token that is no good is not the fault of who calls.
    if (caller === undefined || status === 401) return
    const own = callers.get(caller) ?? createInvalidRequests(limits.invalidRequestsPerCaller)
    own.add(time)
    callers.set(caller, own)
  }

  /** Notes what an answer says about limits, and tells how long to wait before the same request may be sent again. */
  const learnFrom = (
    account: Account,
    call: DiscordCall,
    bucket: Bucket,
    answer: DiscordAnswer,
  ): number | undefined => {
    const { status } = answer
    const time = now()
    count(account, call, answer)
    refusals.note(`${account.name} ${call.target}`, answer, time)
    if (status === 401) {
      account.refusedUntil = time + limits.refusedTokenSeconds
      throw new DiscordError('token_refused', { retryAfterSeconds: limits.refusedTokenSeconds })
    }
    if (status !== 429) return undefined
    const seconds = readRetryAfter(answer)
    // Whatever is not of Discord itself speaks to the address, and so to every bot of this process.
    if (seconds === undefined || !isOfDiscord(answer)) {
      blockedUntil = Math.max(blockedUntil, time + (seconds ?? limits.blockSeconds))
      throw new DiscordError('blocked', { retryAfterSeconds: blockedUntil - time })
    }
    if (isGlobal(answer)) account.blockedUntil = Math.max(account.blockedUntil, time + seconds)
    else block(bucket, time + seconds)
    return seconds
  }

  const attempt = async (
    account: Account,
    call: DiscordCall,
    patience: Patience,
    send: () => Promise<DiscordAnswer>,
  ): Promise<{ readonly answer: DiscordAnswer; readonly retryAfter: number | undefined }> => {
    refuse(account, call)
    const known = refusals.find(`${account.name} ${call.target}`, now())
    if (known) return { answer: known, retryAfter: undefined }
    const bucket = await enter(findBucket(account, call), patience)
    let answer: DiscordAnswer | undefined
    try {
      await enterSecond(account, patience, limits.requestsPerSecond)
      // A call that waited may have been overtaken by bad news.
      refuse(account, call)
      const news = refusals.find(`${account.name} ${call.target}`, now())
      if (news) return { answer: news, retryAfter: undefined }
      answer = await send()
      return { answer, retryAfter: learnFrom(account, call, bucket, answer) }
    } finally {
      const headers = answer === undefined ? {} : readRateLimitHeaders(answer.headers)
      const about = headers.bucket === undefined ? bucket : learn(account, call, bucket, headers.bucket)
      giveBack(bucket, headers, now(), about)
    }
  }

  const createPatience = (signal: AbortSignal): Patience => {
    return { now, wait, signal, deadline: now() + limits.maxWaitSeconds, maxWaiting: limits.maxWaiting }
  }

  return {
    async run(call, send) {
      const account = findAccount(call.token)
      const patience = createPatience(call.signal)
      let mayRepeat = call.isRepeatable
      // Who has no time left for another try wants to know about this one.
      const hasTime = (): boolean => patience.deadline - now() > limits.retryPauseSeconds
      for (let count = 1; ; count++) {
        const { answer, retryAfter } = await attempt(account, call, patience, send).catch((error: unknown) => {
          if (!mayRepeat || !isLostAnswer(error) || !hasTime()) throw error
          return { answer: undefined, retryAfter: undefined }
        })
        if (retryAfter !== undefined) {
          if (count >= maxAttempts) throw new DiscordError('rate_limited', { retryAfterSeconds: retryAfter })
          continue
        }
        if (answer !== undefined && !(mayRepeat && answer.status >= 500 && hasTime())) return answer
        mayRepeat = false
        await pause(limits.retryPauseSeconds, patience)
      }
    },
    pause: async (seconds, signal) => await pause(seconds, createPatience(signal)),
  }
}

function isLostAnswer(error: unknown): boolean {
  return error instanceof DiscordError && (error.code === 'unreachable' || error.code === 'answer_lost')
}

async function sleepSeconds(seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(seconds * 1000, undefined, { signal })
}
