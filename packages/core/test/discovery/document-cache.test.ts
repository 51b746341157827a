import { describe, expect, it } from 'vitest'
import { createDocumentCache, type DocumentRequest } from '../../src/discovery/document-cache.ts'
import { OAuthError } from '../../src/errors.ts'
import type { RefusalReason } from '../../src/refusals.ts'
import { refusal } from '../support/refusal.ts'

interface Doc {
  readonly version: number
}

interface SetUp {
  readonly get: (over?: Partial<DocumentRequest<Doc>>, url?: string) => Promise<Doc>
  readonly advance: (seconds: number) => void
  /** What loads answer from now on: a version, or the reason they fail for. */
  readonly serve: (answer: number | RefusalReason) => void
  /** Freshness of what is loaded from now on, and whether it may be kept. */
  readonly allow: (seconds: number, mayKeep?: boolean) => void
  readonly loads: () => number
  readonly payments: string[]
}

function setUp(): SetUp {
  let time = 1_700_000_000
  let answer: number | RefusalReason = 1
  let freshness = { seconds: 60, mayKeep: true }
  let loads = 0
  const payments: string[] = []
  const cache = createDocumentCache<Doc>(() => time)
  return {
    payments,
    loads: () => loads,
    advance: (seconds) => {
      time += seconds
    },
    serve: (next) => {
      answer = next
    },
    allow: (seconds, mayKeep = true) => {
      freshness = { seconds, mayKeep }
    },
    get: async ({ payer = 'source a', ...over } = {}, url = 'https://client.example/client.json') =>
      await cache.get(url, {
        payer,
        pay: async () => void payments.push(payer),
        load: async () => {
          loads += 1
          await Promise.resolve()
          if (typeof answer === 'string') throw new OAuthError(answer)
          const { seconds, mayKeep } = freshness
          return { value: { version: answer }, fetchedAt: time, freshUntil: time + seconds, mayKeep }
        },
        staleWillDo: false,
        ...over,
      }),
  }
}

const limited = async (): Promise<never> =>
  await Promise.reject(new OAuthError('rate_limited', { retryAfterSeconds: 7 }))

describe('what is kept', () => {
  it('A079 gives a copy while it is fresh, for nothing, and looks again when it is not', async () => {
    const { get, advance, serve, loads, payments } = setUp()
    await get()
    serve(2)
    advance(59)
    expect(await get()).toEqual({ version: 1 })
    expect([loads(), payments.length]).toEqual([1, 1])
    advance(1)
    expect(await get()).toEqual({ version: 2 })
    expect([loads(), payments.length]).toEqual([2, 2])
  })

  it.each([
    ['is not fresh for a moment', 0, true],
    ['may not be kept', 60, false],
  ])('A079 looks each time where a document %s', async (_name, seconds, mayKeep) => {
    const { get, allow, loads } = setUp()
    allow(seconds, mayKeep)
    await get()
    await get()
    expect(loads()).toBe(2)
  })

  it('A079 drops the copy it had when the next one may not be kept', async () => {
    const { get, advance, serve, allow } = setUp()
    await get()
    allow(60, false)
    advance(61)
    await get()
    serve('client_document_unreachable')
    await expect(get({ staleWillDo: true })).rejects.toThrow(refusal('client_document_unreachable'))
  })

  it('A063 takes a copy for too old, fresh or not, when asked to', async () => {
    const { get, advance, serve } = setUp()
    await get()
    serve(2)
    advance(30)
    expect(await get({ olderThan: 31 })).toEqual({ version: 1 })
    expect(await get({ olderThan: 30 })).toEqual({ version: 2 })
    serve(3)
    expect(await get({ olderThan: 30 })).toEqual({ version: 2 })
  })

  it('D2 keeps a thousand documents and no more, the ones fetched last', async () => {
    const { get, loads } = setUp()
    for (let i = 0; i <= 1000; i += 1) await get({}, `https://client.example/${i}`)
    await get({}, 'https://client.example/1000')
    await get({}, 'https://client.example/1')
    expect(loads()).toBe(1001)
    await get({}, 'https://client.example/0')
    expect(loads()).toBe(1002)
  })
})

describe('requests at the same time', () => {
  it('A078 share one fetch, and each source pays once', async () => {
    const { get, loads, payments } = setUp()
    const sources = ['source a', 'source b', 'source c']
    const all = Array.from({ length: 60 }, async (_, i) => await get({ payer: sources[i % 3] ?? '' }))
    expect(new Set(await Promise.all(all)).size).toBe(1)
    expect([loads(), payments.sort()]).toEqual([1, sources])
  })

  it('A078 join a fetch that is under way for nothing, once their source has paid for it', async () => {
    const { get, loads, payments } = setUp()
    let answer: () => void = () => {}
    const slow = new Promise<void>((resolve) => (answer = resolve))
    const load = async () => {
      await slow
      return { value: { version: 7 }, fetchedAt: 1_700_000_000, freshUntil: 1_700_000_060, mayKeep: true }
    }
    const first = get({ load })
    const later: Promise<Doc>[] = []
    for (let i = 0; i < 50; i += 1) {
      // One after the other, as requests arrive: each time the payment of the one before is long done.
      await new Promise((resolve) => setImmediate(resolve))
      later.push(get(), get({ payer: 'source b' }))
    }
    answer()
    expect(new Set((await Promise.all([first, ...later])).map(({ version }) => version))).toEqual(new Set([7]))
    expect([loads(), payments.sort()]).toEqual([0, ['source a', 'source b']])
  })

  it('A078 do not share the refusal of one source with another', async () => {
    const { get } = setUp()
    const [refused, served] = await Promise.allSettled([
      get({ payer: 'source a', pay: limited }),
      get({ payer: 'source b' }),
    ])
    expect(refused).toMatchObject({ status: 'rejected', reason: { reason: 'rate_limited', retryAfterSeconds: 7 } })
    expect(served).toMatchObject({ status: 'fulfilled' })
  })

  it('A078 do not fetch again what came while they paid', async () => {
    const { get, loads } = setUp()
    let paid: () => void = () => {}
    const slow = get({ payer: 'source slow', pay: async () => await new Promise<void>((resolve) => (paid = resolve)) })
    await get()
    paid()
    expect(await slow).toEqual({ version: 1 })
    expect(loads()).toBe(1)
  })

  it('A078 do not fetch again what failed for good while they paid', async () => {
    const { get, serve, loads } = setUp()
    serve('client_document_invalid')
    let paid: () => void = () => {}
    const slow = get({ payer: 'source slow', pay: async () => await new Promise<void>((resolve) => (paid = resolve)) })
    for (let i = 0; i < 2; i += 1) await expect(get()).rejects.toThrow(refusal('client_document_invalid'))
    paid()
    await expect(slow).rejects.toThrow(refusal('client_document_invalid'))
    expect(loads()).toBe(2)
  })

  it('A078 of different documents wait for nobody', async () => {
    const { get, loads } = setUp()
    await Promise.all([get({}, 'https://a.example/'), get({}, 'https://b.example/')])
    expect(loads()).toBe(2)
  })
})

describe('failures', () => {
  it.each(['client_document_invalid', 'client_document_unreachable'] as const)(
    'A079 keeps no failure: %s is forgotten at the next request',
    async (reason) => {
      const { get, serve, loads } = setUp()
      serve(reason)
      await expect(get()).rejects.toThrow(refusal(reason))
      serve(1)
      expect(await get()).toEqual({ version: 1 })
      expect(loads()).toBe(2)
    },
  )

  it('A079 leaves a document that keeps failing alone, longer each time, up to a minute', async () => {
    const { get, serve, advance, loads, payments } = setUp()
    serve('client_document_invalid')
    const pauses: number[] = []
    for (let round = 0; round < 8; round += 1) {
      await expect(get()).rejects.toThrow(refusal('client_document_invalid'))
      let pause = 0
      // Who has no budget learns whether a fetch would be tried now.
      const isLeftAlone = async (): Promise<boolean> =>
        (await get({ pay: limited }).catch((error: OAuthError) => error.reason)) !== 'rate_limited'
      for (; await isLeftAlone(); pause += 1) advance(1)
      pauses.push(pause)
    }
    expect(pauses).toEqual([0, 4, 8, 16, 32, 60, 60, 60])
    expect([loads(), payments.length]).toEqual([8, 8])
  })

  it('A079 tells how long an unreachable document is left alone', async () => {
    const { get, serve, advance } = setUp()
    serve('client_document_unreachable')
    await expect(get()).rejects.toThrow(refusal('client_document_unreachable'))
    await expect(get()).rejects.toThrow(refusal('client_document_unreachable'))
    advance(1)
    const pausing = { reason: 'client_document_unreachable', status: 503, retryAfterSeconds: 3 }
    await expect(get()).rejects.toMatchObject(pausing)
  })

  it('A079 forgets failures after ten minutes, and after a success', async () => {
    const { get, serve, advance, loads } = setUp()
    serve('client_document_unreachable')
    await expect(get()).rejects.toThrow(refusal('client_document_unreachable'))
    await expect(get()).rejects.toThrow(refusal('client_document_unreachable'))
    advance(4 + 600)
    await expect(get()).rejects.toThrow(refusal('client_document_unreachable'))
    await expect(get()).rejects.toThrow(refusal('client_document_unreachable'))
    expect(loads()).toBe(4)
    advance(4)
    serve(1)
    await get()
    advance(61)
    serve('client_document_unreachable')
    await expect(get()).rejects.toThrow(refusal('client_document_unreachable'))
    await expect(get()).rejects.toThrow(refusal('client_document_unreachable'))
    expect(loads()).toBe(7)
  })

  it('A078 A079 counts no refusal of ours, of a source or of a host, as a failure of the document', async () => {
    const { get, serve } = setUp()
    for (let i = 0; i < 5; i += 1) await expect(get({ pay: limited })).rejects.toThrow(refusal('rate_limited'))
    serve('rate_limited')
    for (let i = 0; i < 5; i += 1) await expect(get()).rejects.toThrow(refusal('rate_limited'))
    serve(1)
    expect(await get()).toEqual({ version: 1 })
  })
})

describe('a copy that is not fresh any more', () => {
  it.each(['client_document_unreachable', 'rate_limited', 'internal_error'] as const)(
    'A079 D9 serves a day longer, where one will do, while there is no other: %s',
    async (reason) => {
      const { get, serve, advance } = setUp()
      await get()
      serve(reason)
      advance(60 + 86_399)
      expect(await get({ staleWillDo: true })).toEqual({ version: 1 })
      await expect(get()).rejects.toThrow(refusal(reason))
      advance(1)
      await expect(get({ staleWillDo: true })).rejects.toThrow(refusal(reason))
    },
  )

  it('A079 D9 serves a source that has no budget left', async () => {
    const { get, advance } = setUp()
    await get()
    advance(61)
    expect(await get({ staleWillDo: true, pay: limited })).toEqual({ version: 1 })
    await expect(get({ pay: limited })).rejects.toThrow(refusal('rate_limited'))
  })

  it('A079 D9 serves at once while its host is left alone', async () => {
    const { get, serve, advance, loads } = setUp()
    await get()
    serve('client_document_unreachable')
    advance(61)
    for (let i = 0; i < 10; i += 1) expect(await get({ staleWillDo: true })).toEqual({ version: 1 })
    expect(loads()).toBe(3)
  })

  it('A079 serves nobody once the document has turned bad', async () => {
    const { get, serve, advance } = setUp()
    await get()
    serve('client_document_invalid')
    advance(61)
    await expect(get({ staleWillDo: true })).rejects.toThrow(refusal('client_document_invalid'))
    serve('client_document_unreachable')
    await expect(get({ staleWillDo: true })).rejects.toThrow(refusal('client_document_unreachable'))
  })
})
