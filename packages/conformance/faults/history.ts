/** What happened, as facts that a program can judge afterwards. Tokens are told apart by fingerprints. @module */
import { createHash } from 'node:crypto'

/** When it happened, in milliseconds since the epoch. */
interface Moment {
  readonly at: number
}

/** What a client did or was told, about the sign-in `grant` of its user. */
interface OfGrant extends Moment {
  readonly user: string
  readonly grant: string
}

/** Which request it was that a client had to repeat. */
export type Operation = 'register' | 'sign in' | 'redeem' | 'refresh' | 'whoami' | 'list_guilds' | 'revoke'

/** How a client ended a grant itself. `maybe` where the server may, but need not, see an attack. */
export type Ending = 'revoked' | 'code replayed' | 'refresh token reused' | 'code sent twice'

/** One fact. */
export type Fact =
  /** A code was shown, and tokens came. */
  | (OfGrant & { readonly kind: 'redeemed'; readonly code: string; readonly answer: string; readonly process: string })
  /** A code that nobody had shown before was refused. `isRepeated`: an earlier answer to it was lost. */
  | (OfGrant & { readonly kind: 'code refused'; readonly code: string; readonly isRepeated: boolean })
  /** A refresh token was shown, and tokens came. */
  | (OfGrant & {
      readonly kind: 'refreshed'
      readonly token: string
      readonly successor: string
      readonly answer: string
      readonly process: string
    })
  /** The refresh token that a client has to use was refused. `since`: when it was sent for the first time. */
  | (OfGrant & {
      readonly kind: 'refresh refused'
      readonly token: string
      readonly since: number
      readonly process: string
    })
  /** A tool answered. */
  | (OfGrant & { readonly kind: 'called'; readonly tool: string; readonly process: string })
  /** An access token was refused with so many milliseconds of its life left. */
  | (OfGrant & { readonly kind: 'access refused'; readonly left: number; readonly process: string })
  /** The client ended the grant, and was told so. `isCertain`: from now on nothing of it may be accepted. */
  | (OfGrant & { readonly kind: 'ended'; readonly how: Ending; readonly isCertain: boolean })
  /** A token of a grant that was over got more than a refusal. `since`: when the request was sent. */
  | (OfGrant & {
      readonly kind: 'accepted after the end'
      readonly what: 'access token' | 'refresh token'
      readonly since: number
      readonly process: string
    })
  /** A request got a 5xx, or no answer. */
  | (Moment & {
      readonly kind: 'trouble'
      readonly user: string
      readonly operation: Operation
      readonly status: number
      readonly process: string
    })
  /** It was decided after so many milliseconds of trouble. */
  | (Moment & {
      readonly kind: 'recovered'
      readonly user: string
      readonly operation: Operation
      readonly milliseconds: number
    })
  /** After the last fault: the user's next call and refresh worked. */
  | (Moment & { readonly kind: 'settled'; readonly user: string })
  /** An upstream refresh token was shown to the identity provider by a process, from `since` to `at`. */
  | (Moment & {
      readonly kind: 'upstream refresh'
      readonly process: string
      readonly user: string
      readonly token: string
      readonly since: number
      /** `lost`: exchanged, but the process was gone before the answer reached it. */
      readonly outcome: 'exchanged' | 'lost' | 'refused' | 'unavailable'
    })
  /** A line of a process's own audit log. */
  | (Moment & {
      readonly kind: 'audit'
      readonly process: string
      readonly user: string
      readonly event: string
      readonly detail: string
    })
  | (Moment & { readonly kind: 'process started'; readonly process: string })
  /** `isOrdered`: the harness ended it, and it ended as it should. */
  | (Moment & {
      readonly kind: 'process ended'
      readonly process: string
      readonly how: string
      readonly isOrdered: boolean
    })
  /** A fault of a kind, until `until`. */
  | (Moment & { readonly kind: 'fault'; readonly fault: string; readonly until: number })
  /** These processes (all, when absent) could not rely on the store until `until`. */
  | (Moment & { readonly kind: 'store away'; readonly process?: string; readonly until: number })
  /** This program itself got no time from the machine until `until`. */
  | (Moment & { readonly kind: 'held up'; readonly until: number })
  /** The store lost everything. */
  | (Moment & { readonly kind: 'store emptied' })
  /** Everything was healed: no fault is under way any more. */
  | (Moment & { readonly kind: 'healed' })
  | (Moment & { readonly kind: 'ready'; readonly process: string })
  /** Something left a process that must not. */
  | (Moment & { readonly kind: 'leak'; readonly process: string; readonly what: string })

/** A fact of one kind. */
export type FactOf<Kind extends Fact['kind']> = Extract<Fact, { readonly kind: Kind }>

/** A fact without its time. */
type Untimed<F> = F extends Fact ? Omit<F, 'at'> & { readonly at?: number } : never

/** Collects facts. */
export interface History {
  readonly facts: readonly Fact[]
  /** Notes a fact; `at` is now unless it is said. */
  note(fact: Untimed<Fact>): void
}

/** An empty history. */
export function createHistory(): History {
  const facts: Fact[] = []
  return { facts, note: (fact) => void facts.push({ at: Date.now(), ...fact }) }
}

/** The facts of one kind, in order. */
export function factsOf<Kind extends Fact['kind']>(facts: readonly Fact[], kind: Kind): readonly FactOf<Kind>[] {
  return facts.filter((fact): fact is FactOf<Kind> => fact.kind === kind)
}

/** Tells one secret from another without repeating it. */
export function fingerprint(secret: string): string {
  return createHash('sha256').update(secret).digest('hex').slice(0, 10)
}

/** Things by what they have in common, in order. */
export function groupBy<T, Key>(all: readonly T[], key: (one: T) => Key): ReadonlyMap<Key, readonly T[]> {
  const groups = new Map<Key, T[]>()
  for (const one of all) {
    const group = groups.get(key(one))
    if (group) group.push(one)
    else groups.set(key(one), [one])
  }
  return groups
}
