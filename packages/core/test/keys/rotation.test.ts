import { describe, expect, it } from 'vitest'
import type { AuthEvent } from '../../src/events.ts'
import { createKeyRing } from '../../src/keys/key-ring.ts'
import { parseRootSecrets } from '../../src/keys/root-secret.ts'
import type { Store, StoreKey } from '../../src/store.ts'
import { createMemoryStore } from '../../src/stores/memory-store.ts'
import { createSealedStore } from '../../src/stores/sealed-store.ts'
import { call, login, refresh, tokensOf, wordOf } from '../outage/support/client.ts'
import { flows } from '../outage/support/flows.ts'
import { createWorld, startProcess, type World } from '../outage/support/world.ts'
import { secret } from '../providers/support/lab.ts'
import { misconfiguration } from '../support/refusal.ts'
import { newPrivateJWK } from '../support/signing.ts'

const newSecret = Buffer.alloc(32, 2).toString('base64url')
const bothSecrets = [newSecret, secret]

/** The id that is written in front of everything the first secret seals. */
async function keyIdOf(text: string): Promise<string> {
  const ring = await createKeyRing(parseRootSecrets(text))
  const sealed = Buffer.from(await ring.seal('store', '', 'a'), 'base64url')
  return sealed.subarray(1, 7).toString('base64url')
}

function unreadable(events: readonly AuthEvent[]): Partial<AuthEvent>[] {
  return events.filter(({ type }) => type === 'record.unreadable').map(({ time: _time, ...event }) => event)
}

/** Remembers the keys that were written. */
function withKeys(store: Store): { store: Store; keys: Set<StoreKey> } {
  const keys = new Set<StoreKey>()
  const set: Store['set'] = async (key, value, options) => {
    keys.add(key)
    return await store.set(key, value, options)
  }
  return { store: { ...store, set }, keys }
}

describe.each(flows)('$name across a rotation of the secret', (flow) => {
  it('C5 C10 works with what was begun under the old secret, as long as that is in the ring', async () => {
    const world = createWorld()
    const ask = await flow.prepare(world, startProcess(world))
    const rotated = startProcess(world, { secret: bothSecrets })
    expect(await wordOf(await ask(rotated))).toBe(flow.success)
    expect(unreadable(rotated.events)).toEqual([])
  })

  it('C5 C10 works when a running process is given the new secret', async () => {
    const world = createWorld()
    const process = startProcess(world)
    const ask = await flow.prepare(world, process)
    await process.auth.replaceSecret(bothSecrets)
    expect(await wordOf(await ask(process))).toBe(flow.success)
  })

  it('C5 C10 is refused without harm once the old secret is gone, and works where it is not', async () => {
    const world = createWorld()
    const former = startProcess(world)
    const ask = await flow.prepare(world, former)
    const stranger = startProcess(world, { secret: newSecret })
    const refused = await ask(stranger)
    expect(refused.status).toBeLessThan(500)
    expect(stranger.events.filter(({ type }) => type === 'server.failed' || type === 'grant.revoked')).toEqual([])
    const isRefused = flow.steps.length > 0 && !flow.name.startsWith('an introspection')
    expect((await wordOf(refused)) === flow.success).toBe(!isRefused)
    expect(await wordOf(await ask(former))).toBe(flow.success)
  })
})

describe('what is written under a ring', () => {
  it.each([
    { first: [secret, newSecret], second: bothSecrets },
    { first: bothSecrets, second: [secret, newSecret] },
  ])('C5 C10 is read by processes that sign with the other secret already, or still', async ({ first, second }) => {
    const world = createWorld()
    const [one, other] = [startProcess(world, { secret: first }), startProcess(world, { secret: second })]
    const tokens = await login(world, one)
    const renewed = await tokensOf(tokens.clientId, await refresh(tokens)(other))
    expect(await wordOf(await call(renewed)(one))).toBe('200')
    expect(await wordOf(await refresh(renewed)(one))).toBe('200')
    expect(unreadable([...one.events, ...other.events])).toEqual([])
  })

  it('C5 is sealed anew by the first secret, so that the old one can be taken away', async () => {
    const world = createWorld()
    const tokens = await login(world, startProcess(world))
    const rotated = startProcess(world, { secret: bothSecrets })
    const renewed = await tokensOf(tokens.clientId, await refresh(tokens)(rotated))
    const afterwards = startProcess(world, { secret: newSecret })
    expect(await wordOf(await call(renewed)(afterwards))).toBe('200')
    expect(unreadable(afterwards.events)).toEqual([])
  })
})

describe('what a secret sealed that is not in the ring any more', () => {
  /** Access tokens that outlive the secret, since a key of the operator's own signs them. */
  async function setScene(): Promise<{ world: World; signingKeys: Awaited<ReturnType<typeof newPrivateJWK>>[] }> {
    return { world: createWorld(), signingKeys: [await newPrivateJWK('EdDSA')] }
  }

  it('C10 is absent, and told in one event that names the kind of the record and the key', async () => {
    const { world, signingKeys } = await setScene()
    const tokens = await login(world, startProcess(world, { signingKeys }))
    const stranger = startProcess(world, { signingKeys, secret: newSecret })
    expect(await wordOf(await call(tokens)(stranger))).toBe('401 invalid_token')
    const keyId = await keyIdOf(secret)
    expect(keyId).toMatch(/^[\w-]{8}$/)
    expect(unreadable(stranger.events)).toEqual([
      { type: 'record.unreadable', kind: 'grant', reason: 'key_unknown', keyId },
    ])
  })

  it('C10 is told once a minute, however often it is met', async () => {
    const { world, signingKeys } = await setScene()
    const tokens = await login(world, startProcess(world, { signingKeys }))
    const stranger = startProcess(world, { signingKeys, secret: newSecret })
    for (let n = 0; n < 100; n += 1) await call(tokens)(stranger)
    expect(unreadable(stranger.events)).toHaveLength(1)
    world.clock.advance(60)
    for (let n = 0; n < 100; n += 1) await call(tokens)(stranger)
    expect(unreadable(stranger.events)).toHaveLength(2)
  })

  it('C10 keeps nobody from signing in anew', async () => {
    const world = createWorld()
    await login(world, startProcess(world))
    const stranger = startProcess(world, { secret: newSecret })
    const tokens = await login(world, stranger)
    expect(await wordOf(await call(tokens)(stranger))).toBe('200')
    expect(unreadable(stranger.events)).toMatchObject([{ kind: 'subject', reason: 'key_unknown' }])
    await login(world, stranger)
    expect(unreadable(stranger.events)).toHaveLength(1)
  })

  it('C10 says nothing of the secret', async () => {
    const id = await keyIdOf(secret)
    expect(Buffer.from(secret, 'base64url').toString('hex')).not.toContain(Buffer.from(id, 'base64url').toString('hex'))
  })
})

describe('a record of another version', () => {
  it('is absent, told in one event, and written again by whoever signs in', async () => {
    const world = createWorld()
    const { store, keys } = withKeys(world.database)
    const process = startProcess(world, { store })
    const tokens = await login(world, process)
    const ring = createKeyRing(parseRootSecrets(secret))
    const sealed = createSealedStore(world.database, async () => await ring)
    for (const key of keys) {
      const text = (await sealed.get(key))?.text ?? ''
      await sealed.set(key, text.replace('"version":1', '"version":2'), 600)
    }
    expect(await wordOf(await call(tokens)(process))).toBe('401 invalid_token')
    expect(await wordOf(await refresh(tokens)(process))).toBe('400 invalid_grant')
    expect(unreadable(process.events)).toEqual([
      { type: 'record.unreadable', kind: 'grant', reason: 'version_unknown' },
    ])
    expect(await wordOf(await call(await login(world, process))(process))).toBe('200')
    expect(unreadable(process.events)).toMatchObject([
      { kind: 'grant' },
      { kind: 'subject', reason: 'version_unknown' },
    ])
  })
})

describe('a store that outlives the process', () => {
  it.each([undefined, '', 'short', []])('is refused at the start with the secret %j', (given) => {
    const world = createWorld()
    expect(() => startProcess(world, { secret: given, store: createMemoryStore() })).toThrow(misconfiguration('secret'))
  })

  it.each(['', 'short', [], [newSecret, newSecret]])('keeps its ring when it is given the secret %j', async (given) => {
    const world = createWorld()
    const process = startProcess(world)
    const tokens = await login(world, process)
    await expect(process.auth.replaceSecret(given)).rejects.toThrow(misconfiguration('secret'))
    expect(await wordOf(await call(tokens)(process))).toBe('200')
  })
})
