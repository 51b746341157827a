/** Whether the server can do its work. @module */
import type { McpAuth, Store } from '@mcp-auth/core'
import type { OpenStore } from './open-store.ts'

/** How long a store or an identity provider may take to answer before it counts as gone, in milliseconds. */
const patience = 2000

/** Status and JSON of the answer at `/readyz`. */
export interface Readiness {
  readonly status: 200 | 503
  readonly body: { readonly status: string }
}

/** Where the metadata are that the server serves for its identity provider. */
type ForeignMetadata = Pick<McpAuth, 'fetch' | 'origin' | 'paths'>

/** What is asked of a store: a write where it has one to try, otherwise a read of a key that nobody writes. */
type ProbedStore = Pick<Store, 'get'> & Partial<Pick<OpenStore, 'ping'>>

/**
 * Whether the store answers and takes writes: without them nobody can sign in or stay signed in. And, for a server
 * whose tokens somebody else issues, whether the metadata of that somebody are there: fetched once, and kept while it
 * is down.
 */
export async function readiness(store: ProbedStore, remote?: ForeignMetadata): Promise<Readiness> {
  const [storeAnswers, providerAnswers] = await Promise.all([
    inTime(probe(store)),
    remote === undefined ? true : inTime(hasMetadata(remote)),
  ])
  if (!storeAnswers) return { status: 503, body: { status: 'the store does not answer' } }
  if (!providerAnswers) return { status: 503, body: { status: 'the identity provider does not answer' } }
  return { status: 200, body: { status: 'ready' } }
}

async function probe(store: ProbedStore): Promise<boolean> {
  await (store.ping ? store.ping() : store.get('lease:readiness'))
  return true
}

async function hasMetadata({ fetch, origin, paths }: ForeignMetadata): Promise<boolean> {
  const path = paths.find((candidate) => candidate.startsWith('/.well-known/oauth-authorization-server'))
  const answer = await fetch(new Request(`${origin}${path}`))
  return answer?.ok === true
}

async function inTime(work: Promise<boolean>): Promise<boolean> {
  const timedOut = new Promise<boolean>((resolve) => {
    setTimeout(() => resolve(false), patience).unref()
  })
  return await Promise.race([work.catch(() => false), timedOut])
}
