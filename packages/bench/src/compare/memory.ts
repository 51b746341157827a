/** What a signed-in user takes in the memory of each server. @module */
import { forEach } from '../traffic.ts'
import { type Child, startChild } from './children.ts'
import { call, refresh, type SignIn, signIn } from './flow.ts'
import { startIdP } from './idp.ts'
import type { VariantName } from './variants.ts'

/** Bytes for each user: by how much V8's heap grows, without code. */
export interface UserBytes {
  readonly afterSignIn: number
  /** After a refresh and a request with the new token. */
  readonly afterUse: number
}

/** One of ours stands for all: the store is the same. */
const measured: readonly VariantName[] = [
  'floor',
  'ours-hono',
  'sdk',
  'sdk-proxy',
  'oidc-provider',
  'workers',
  'fastmcp',
]

/** Users before the first look: code is compiled and tables are filled. */
const warmUp = 500

/** Seconds before a look: what waits for the time limit of a request that was answered is gone by then. */
const settleSeconds = 12

/** V8 else forgets functions that nobody called for half a minute: the heap shrinks while others are at it. */
const keepCode = ['--no-flush-bytecode']

/** Signs `count` users in at each server, every one with a client of his own. */
export async function measureMemory(
  count: number,
  seconds: number = settleSeconds,
  names: readonly VariantName[] = measured,
): Promise<ReadonlyMap<VariantName, UserBytes>> {
  const idp = await startIdP()
  const children: Child[] = []
  try {
    for (const name of names) children.push(await startChild(name, idp, keepCode))
    return await grow(children, count, seconds)
  } finally {
    await Promise.all(children.map(async (child) => await child.stop()))
    await idp.stop()
  }
}

async function grow(
  children: readonly Child[],
  count: number,
  seconds: number,
): Promise<ReadonlyMap<VariantName, UserBytes>> {
  const look = async (): Promise<readonly number[]> => {
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
    return await Promise.all(children.map(async (child) => await child.heap()))
  }
  for (const child of children) await use(child, await enter(child, warmUp))
  const before = await look()
  const users: (readonly SignIn[])[] = []
  for (const child of children) users.push(await enter(child, count))
  const signedIn = await look()
  for (const [n, child] of children.entries()) await use(child, users[n] ?? [])
  const used = await look()
  const growth = (after: readonly number[], n: number): number => ((after[n] ?? 0) - (before[n] ?? 0)) / count
  return new Map(children.map(({ name }, n) => [name, { afterSignIn: growth(signedIn, n), afterUse: growth(used, n) }]))
}

async function enter({ site }: Child, count: number): Promise<readonly SignIn[]> {
  const users: SignIn[] = []
  await forEach(count, 8, async () => void users.push(await signIn(site)))
  return users
}

async function use({ site }: Child, users: readonly SignIn[]): Promise<void> {
  await forEach(users.length, 8, async (n) => {
    const user = users[n]
    if (user) await call(site, await refresh(site, user))
  })
}
