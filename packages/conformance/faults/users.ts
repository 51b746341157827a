/** Virtual users: each signs in, calls tools, refreshes, and sometimes does what an attacker would. @module */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, createClient, type Decided, GivenUp } from './client.ts'
import { type Ending, fingerprint, type History } from './history.ts'
import type { Chance } from './random.ts'
import {
  callTool,
  type Redemption,
  readObject,
  readTokens,
  redeem,
  refresh,
  register,
  revoke,
  signIn,
} from './requests.ts'

/** A sign-in of a user, while its client believes in it and after. */
interface Session {
  readonly grant: string
  readonly redemption: Redemption
  access: string
  accessUntil: number
  refresh: string
  /** Refresh tokens that were rotated away, the oldest first. */
  readonly former: string[]
}

/** One user. */
export interface VirtualUser {
  /** Goes on until `calm` is aborted, and then makes sure that everything works. Rejects when it does not. */
  run(calm: AbortSignal): Promise<void>
  /** Shows the tokens of every grant that is over to every server again. */
  checkEnded(): Promise<void>
}

/** What a user needs. */
export interface UserOptions {
  readonly id: string
  readonly origin: string
  readonly callbackURL: string
  /** How many slots servers have. */
  readonly servers: number
  readonly chance: Chance
  readonly history: History
  /** Pause between two actions, in milliseconds: at least, at most. */
  readonly pause: readonly [number, number]
  /** How often it refreshes at two servers at once: everything else together weighs 90. */
  readonly racing: number
  /** There is no time left. */
  readonly over: AbortSignal
}

/** A token with less life left than this, in milliseconds, may be dead before its request is answered. */
const expiryMargin = 1500

/** Creates a user, who is not there yet. */
export function createUser(options: UserOptions): VirtualUser {
  const { id: user, history, chance } = options
  const client: Client = createClient({ ...options, user, signal: options.over, pause: () => chance.between(50, 400) })
  const ended: Session[] = []
  let session: Session | undefined
  let clientId: string | undefined
  let count = 0

  const takeCode = async (id: string): Promise<Redemption> => {
    let redemption: Redemption | undefined
    await client.persist('sign in', async () => {
      const outcome = await signIn(options, id, user)
      if ('redemption' in outcome) redemption = outcome.redemption
      // Whatever page it ended at, the person begins again.
      const status = 'redemption' in outcome ? 200 : outcome.status >= 500 ? outcome.status : 0
      return { status, body: '', retryAfter: 0, process: '' }
    })
    if (!redemption) throw new TypeError('signed in without a code')
    return redemption
  }

  const begin = async (): Promise<void> => {
    if (clientId === undefined) {
      const answer = await client.persist('register', async () => await register(client, options.callbackURL))
      clientId = String(readObject(answer.body)['client_id'])
    }
    const redemption = await takeCode(clientId)
    count += 1
    const grant = `${user}.${count}`
    const show = async (): Promise<Decided> =>
      await client.persist('redeem', async () => await redeem(client, redemption))
    const isTwice = chance.happens(0.05)
    const answers = await Promise.all(isTwice ? [show(), show()] : [show()])
    if (isTwice) history.note({ kind: 'ended', user, grant, how: 'code sent twice', isCertain: false })
    for (const answer of answers) noteRedemption(grant, redemption, answer)
    const answer = answers.find(({ status }) => status === 200)
    if (answer) {
      const tokens = readTokens(answer)
      session = { grant, redemption, ...tokens, former: [] }
    }
  }
  const noteRedemption = (grant: string, { code }: Redemption, answer: Decided): void => {
    const { status, body, process, isRepeated } = answer
    const shown = { user, grant, code: fingerprint(code) }
    if (status === 200) history.note({ kind: 'redeemed', ...shown, answer: fingerprint(body), process })
    else history.note({ kind: 'code refused', ...shown, isRepeated })
  }

  /** Shows a refresh token and notes what came of it; resolves to whether tokens did. */
  const rotate = async (of: Session, token: string, isCurrent = true, slot?: number): Promise<Decided> => {
    let target = slot
    const answer = await client.persist('refresh', async () => {
      const once = target
      // That server may be down: the next attempt is for any of them.
      target = undefined
      return await refresh(client, of.redemption.client_id, token, once)
    })
    const { status, body, process, since } = answer
    const shown = { user, grant: of.grant, token: fingerprint(token), process }
    if (status === 200) {
      const successor = fingerprint(readTokens(answer).refresh)
      history.note({ kind: 'refreshed', ...shown, successor, answer: fingerprint(body) })
    } else if (isCurrent) history.note({ kind: 'refresh refused', ...shown, since })
    return answer
  }
  /** Refreshes at any server, or at each of these at once. */
  const renew = async (of: Session, slots: readonly (number | undefined)[] = [undefined]): Promise<void> => {
    const token = of.refresh
    const answers = await Promise.all(slots.map(async (slot) => await rotate(of, token, true, slot)))
    const good = answers.find(({ status }) => status === 200)
    if (!good) return void (session = undefined)
    of.former.push(token)
    Object.assign(of, readTokens(good))
  }

  const call = async (of: Session, name: 'whoami' | 'list_guilds'): Promise<void> => {
    if (of.accessUntil - Date.now() < expiryMargin) await renew(of)
    if (session !== of) return
    const answer = await client.persist(name, async () => await callTool(client, of.access, name))
    const left = of.accessUntil - Date.now()
    if (answer.status === 200 && !answer.body.includes('sign in again')) {
      return history.note({ kind: 'called', user, grant: of.grant, tool: name, process: answer.process })
    }
    if (answer.status === 401 && left > expiryMargin) {
      history.note({ kind: 'access refused', user, grant: of.grant, left, process: answer.process })
    }
    await renew(of)
  }

  /** Nothing of a grant that is over may be accepted, on any server. */
  const expectEnd = async (of: Session): Promise<void> => {
    for (let slot = 0; slot < options.servers; slot += 1) {
      const since = Date.now()
      const shown = { kind: 'accepted after the end', user, grant: of.grant, since } as const
      const called = await callTool(client, of.access, 'whoami', slot)
      if (called.status === 200) history.note({ ...shown, what: 'access token', process: called.process })
      const refreshed = await refresh(client, of.redemption.client_id, of.refresh, slot)
      if (refreshed.status === 200) history.note({ ...shown, what: 'refresh token', process: refreshed.process })
    }
  }
  const finish = async (of: Session, how: Ending): Promise<void> => {
    history.note({ kind: 'ended', user, grant: of.grant, how, isCertain: true })
    session = undefined
    ended.push(of)
    await expectEnd(of)
  }
  const leave = async (of: Session): Promise<void> => {
    const token = chance.happens(0.5) ? of.refresh : of.access
    const answer = await client.persist('revoke', async () => await revoke(client, of.redemption.client_id, token))
    if (answer.status !== 200) return
    // A dead access token ends nothing; this one may have died on its way.
    const isCertain = token === of.refresh || of.accessUntil - Date.now() > expiryMargin
    if (isCertain) return await finish(of, 'revoked')
    history.note({ kind: 'ended', user, grant: of.grant, how: 'revoked', isCertain })
    await renew(of)
  }
  const replay = async (of: Session): Promise<void> => {
    const answer = await client.persist('redeem', async () => await redeem(client, of.redemption))
    if (answer.status === 200) noteRedemption(of.grant, of.redemption, answer)
    else await finish(of, 'code replayed')
  }
  const reuse = async (of: Session): Promise<void> => {
    // The last but one: its successor was used, so that no server can take this for a retry.
    const old = of.former.at(-2)
    if (old === undefined) return
    const answer = await rotate(of, old, false)
    if (answer.status !== 200) await finish(of, 'refresh token reused')
  }

  const actions: readonly (readonly [number, (of: Session) => Promise<void>])[] = [
    [40, async (of) => await call(of, 'list_guilds')],
    [20, async (of) => await call(of, 'whoami')],
    [20, async (of) => await renew(of)],
    [options.racing, async (of) => await renew(of, [0, 1 % options.servers])],
    [3, leave],
    [3, replay],
    [4, reuse],
  ]
  const settle = async (): Promise<void> => {
    for (let isDone = false; !isDone; ) {
      while (!session) await begin()
      const current: Session = session
      await call(current, 'list_guilds')
      if (session === current) await renew(current)
      isDone = session === current
    }
    history.note({ kind: 'settled', user })
  }
  return {
    async run(calm) {
      try {
        while (!calm.aborted) {
          await sleep(chance.between(...options.pause))
          if (session) await chance.pick(actions)(session)
          else await begin()
        }
        await settle()
      } catch (error) {
        // It is not settled, which the invariants see.
        if (!(error instanceof GivenUp)) throw error
      }
    },
    async checkEnded() {
      for (const of of ended) await expectEnd(of)
    },
  }
}
