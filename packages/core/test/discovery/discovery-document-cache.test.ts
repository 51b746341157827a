import { describe, expect, it } from 'vitest'
import {
  DiscoveryDocumentCache,
  type DiscoveryDocumentCacheOptions,
} from '../../src/discovery/discovery-document-cache.ts'
import { PublicFetchError } from '../../src/platform/public-fetch.ts'
import { createClock } from '../support/clock.ts'
import { misconfiguration } from '../support/refusal.ts'

const issuer = 'https://login.example'
const oauthPlace = `${issuer}/.well-known/oauth-authorization-server`
const oidcPlace = `${issuer}/.well-known/openid-configuration`

type Answer = (url: string, init: RequestInit) => Response | Promise<Response>

interface Lab {
  readonly cache: DiscoveryDocumentCache
  readonly requests: string[]
  readonly advance: (seconds: number) => void
  readonly answer: (next: Answer) => void
}

function setUp(options: DiscoveryDocumentCacheOptions = {}): Lab {
  const clock = createClock()
  const requests: string[] = []
  let answer: Answer = (url) => (url.startsWith(oauthPlace) ? Response.json({ issuer }) : notFound())
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    requests.push(url)
    await Promise.resolve()
    return await answer(url, init)
  }
  return {
    cache: new DiscoveryDocumentCache({ fetch, now: clock.now, ...options }),
    requests,
    advance: clock.advance,
    answer: (next) => {
      answer = next
    },
  }
}

const notFound = (): Response => new Response(null, { status: 404 })
const failure = (kind: string): unknown => expect.objectContaining({ code: 'ERR_MCP_AUTH_UPSTREAM', kind })
const unavailable = failure('unavailable')
const protocol = failure('protocol')

describe('where the metadata of an issuer is looked for', () => {
  it.each<[string, string[]]>([
    [issuer, [oauthPlace, oidcPlace]],
    [`${issuer}/`, [oauthPlace, oidcPlace]],
    [
      `${issuer}/tenant/one`,
      [`${oauthPlace}/tenant/one`, `${oidcPlace}/tenant/one`, `${issuer}/tenant/one/.well-known/openid-configuration`],
    ],
    [
      `${issuer}/tenant/`,
      [`${oauthPlace}/tenant`, `${oidcPlace}/tenant`, `${issuer}/tenant/.well-known/openid-configuration`],
    ],
  ])('A065 for %s, in this order', async (name, places) => {
    const { cache, requests, answer } = setUp()
    answer((url) => (url === places.at(-1) ? Response.json({ issuer: name }) : notFound()))
    expect(await cache.discover(name)).toEqual({ issuer: name })
    expect(requests).toEqual(places)
  })

  it.each<[string, () => Response]>([
    ['404', notFound],
    ['403', () => new Response(null, { status: 403 })],
    ['503', () => new Response(null, { status: 503 })],
    ['a page', () => new Response('<html>')],
    ['a redirect', () => Response.redirect('https://evil.example')],
    ['a list', () => Response.json([])],
    ['a document of another issuer', () => Response.json({ issuer: 'https://evil.example' })],
    ['a document with an endpoint over http', () => Response.json({ issuer, token_endpoint: 'http://login.example' })],
    ['a document of 600 kB', () => Response.json({ issuer, more: 'a'.repeat(600_000) })],
  ])('D2 goes on to the next place after %s', async (_case, give) => {
    const { cache, requests, answer } = setUp()
    answer((url) => (url === oauthPlace ? give() : Response.json({ issuer, from: 'oidc' })))
    expect(await cache.discover(issuer)).toEqual({ issuer, from: 'oidc' })
    expect(requests).toEqual([oauthPlace, oidcPlace])
  })

  it('is where it is told to look, and nowhere else', async () => {
    const { cache, requests, answer } = setUp()
    answer(() => Response.json({ issuer }))
    await cache.discover(issuer, { urls: [`${issuer}/metadata`] })
    expect(requests).toEqual([`${issuer}/metadata`])
  })
})

describe('D2 what an issuer is believed', () => {
  it.each([
    `${issuer}/`,
    'https://LOGIN.example',
    'http://login.example',
    `${issuer}:443`,
    `${issuer}/x`,
    '',
    undefined,
  ])('is no document of %o', async (named) => {
    const { cache, requests, answer } = setUp()
    answer(() => Response.json({ issuer: named }))
    await expect(cache.discover(issuer)).rejects.toEqual(protocol)
    expect(requests).toEqual([oauthPlace, oidcPlace])
    expect([cache.has(issuer), cache.size]).toEqual([false, 0])
  })

  it('is a document of another name only where that is accepted, and for that issuer alone', async () => {
    const { cache, answer } = setUp()
    answer(() => Response.json({ issuer: 'https://login.example/tenant' }))
    const accepts = (name: string): boolean => name === 'https://login.example/tenant'
    expect(await cache.discover(issuer, { accepts })).toMatchObject({ issuer: 'https://login.example/tenant' })
  })

  it.each([
    'http://login.example',
    'ftp://login.example',
    'login.example',
    'javascript:alert(1)',
    'file:///etc/passwd',
    '',
  ])('D1 is nothing of %o: nobody is asked', async (name) => {
    const { cache, requests } = setUp()
    await expect(cache.discover(name)).rejects.toEqual(protocol)
    await expect(cache.get(name)).rejects.toEqual(protocol)
    expect(requests).toEqual([])
  })

  it('a good document outlives a bad one that comes later', async () => {
    const { cache, answer, advance } = setUp()
    await cache.discover(issuer)
    answer(() => Response.json({ issuer: 'https://evil.example' }))
    advance(3600)
    expect(await cache.discover(issuer)).toEqual({ issuer })
  })
})

describe('documents that are kept', () => {
  it.each<[string, number]>([
    ['', 3600],
    ['max-age=120', 120],
    ['max-age=1', 60],
    ['no-store', 60],
    ['max-age=99999999', 86_400],
  ])('with "%s" are fresh for %d seconds', async (cacheControl, seconds) => {
    const { cache, requests, answer, advance } = setUp()
    answer(() => Response.json({ issuer }, { headers: cacheControl === '' ? {} : { 'cache-control': cacheControl } }))
    await cache.discover(issuer)
    advance(seconds - 1)
    await cache.discover(issuer)
    expect(requests).toHaveLength(1)
    advance(1)
    await cache.discover(issuer)
    expect(requests).toHaveLength(2)
  })

  it('keep to bounds of their own', async () => {
    const { cache, requests, answer, advance } = setUp({ minTtlSeconds: 5, defaultTtlSeconds: 10, maxTtlSeconds: 20 })
    answer(() => Response.json({ issuer }, { headers: { 'cache-control': 'max-age=100' } }))
    await cache.discover(issuer)
    advance(20)
    await cache.discover(issuer)
    expect(requests).toHaveLength(2)
  })

  it('are fetched once for all who ask', async () => {
    const { cache, requests } = setUp()
    await Promise.all(Array.from({ length: 50 }, async () => await cache.discover(issuer)))
    expect(requests).toEqual([oauthPlace])
  })

  it('are frozen, also deep inside, and the same for everybody', async () => {
    const { cache, answer } = setUp()
    answer(() => Response.json({ issuer, scopes_supported: ['a'], more: { deep: [{ deeper: {} }] } }))
    const [one, two] = [await cache.discover(issuer), await cache.discover(issuer)]
    expect(one).toBe(two)
    const { more, scopes_supported: scopes } = one
    const deep: unknown = Reflect.get(Object(more), 'deep')
    const parts = [one, scopes, more, deep, Reflect.get(Object(deep), 0)]
    expect(parts.map(Object.isFrozen)).toEqual(Array(parts.length).fill(true))
    expect(() => Object.assign(one, { jwks_uri: 'https://evil.example' })).toThrow(TypeError)
  })

  it('D7 are frozen however deep they are nested', async () => {
    const { cache, answer } = setUp()
    const depth = 20_000
    answer(() => new Response(`{"issuer":"${issuer}","deep":${'['.repeat(depth)}${']'.repeat(depth)}}`))
    expect(Object.isFrozen((await cache.get(oauthPlace))['deep'])).toBe(true)
  })

  it('D2 take no members from what is called like the prototype', async () => {
    const { cache, answer } = setUp()
    answer(() => new Response(`{"issuer":"${issuer}","__proto__":{"jwks_uri":"http://evil.example"}}`))
    expect((await cache.discover(issuer)).jwks_uri).toBeUndefined()
  })

  it('are not more than the bound: the oldest go', async () => {
    const { cache, requests, answer } = setUp({ maxEntries: 2 })
    answer(() => Response.json({}))
    for (const name of ['a', 'b', 'c', 'c', 'b', 'a']) await cache.get(`https://${name}.example`)
    expect([cache.size, requests.length]).toEqual([2, 4])
  })

  it('can be forgotten, one or all', async () => {
    const { cache, requests } = setUp()
    await cache.discover(issuer)
    await cache.get(oauthPlace)
    expect([cache.has(issuer), cache.has(oauthPlace), cache.size]).toEqual([true, true, 2])
    cache.clear(issuer)
    expect([cache.has(issuer), cache.has(oauthPlace)]).toEqual([false, true])
    await cache.discover(issuer)
    expect(requests).toHaveLength(3)
    cache.clear()
    expect(cache.size).toBe(0)
  })
})

describe('D9 documents that cannot be had', () => {
  const outages: [string, Answer][] = [
    ['no answer', () => Promise.reject(new TypeError('fetch failed'))],
    ['503', () => new Response(null, { status: 503 })],
    ['429', () => new Response(null, { status: 429 })],
    ['a page', () => new Response('<html>')],
  ]

  it.each(outages)('are left alone for a moment, and had again by themselves: %s', async (_case, give) => {
    const { cache, requests, answer, advance } = setUp()
    answer(give)
    for (let call = 0; call < 5; call += 1) await expect(cache.discover(issuer)).rejects.toEqual(unavailable)
    expect(requests).toHaveLength(2)
    answer(() => Response.json({ issuer }))
    advance(2)
    expect(await cache.discover(issuer)).toEqual({ issuer })
  })

  it('are left alone for five seconds at most, however long they fail', async () => {
    const { cache, requests, answer, advance } = setUp()
    answer(() => new Response(null, { status: 503 }))
    for (let call = 0; call < 10; call += 1) {
      await expect(cache.discover(issuer)).rejects.toEqual(unavailable)
      advance(5)
    }
    expect(requests).toHaveLength(20)
  })

  it('are served stale for a day', async () => {
    const { cache, answer, advance } = setUp()
    await cache.discover(issuer)
    answer(() => new Response(null, { status: 503 }))
    advance(3600 + 86_399)
    expect(await cache.discover(issuer)).toEqual({ issuer })
    advance(6)
    await expect(cache.discover(issuer)).rejects.toEqual(unavailable)
  })

  it('outweigh that another place holds nothing', async () => {
    const { cache, answer } = setUp()
    answer((url) => (url === oauthPlace ? new Response(null, { status: 503 }) : notFound()))
    await expect(cache.discover(issuer)).rejects.toEqual(unavailable)
    answer((url) => (url === oidcPlace ? new Response(null, { status: 503 }) : notFound()))
    cache.clear()
    await expect(cache.discover(issuer)).rejects.toEqual(unavailable)
  })

  it('are asked for again at once when they were forgotten', async () => {
    const { cache, answer } = setUp()
    answer(() => new Response(null, { status: 503 }))
    await expect(cache.discover(issuer)).rejects.toEqual(unavailable)
    answer(() => Response.json({ issuer }))
    cache.clear(issuer)
    expect(await cache.discover(issuer)).toEqual({ issuer })
  })

  it('are given up in time, all places together', async () => {
    const { cache, requests, answer } = setUp({ timeoutSeconds: 0.05 })
    answer(async (_url, { signal }) => await untilAborted(signal))
    await expect(cache.discover(issuer)).rejects.toEqual(unavailable)
    expect(requests).toEqual([oauthPlace])
  })
})

async function untilAborted(signal: AbortSignal | null | undefined): Promise<never> {
  return await new Promise<never>((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason))
  })
}

describe('a caller that waits no longer', () => {
  it('disturbs nobody else, and ends with its own reason', async () => {
    const { cache, requests, answer } = setUp()
    let give: (response: Response) => void = () => {}
    answer(async () => await new Promise<Response>((resolve) => (give = resolve)))
    const controller = new AbortController()
    const impatient = cache.discover(issuer, { signal: controller.signal }).catch((error: unknown) => error)
    const patient = cache.discover(issuer)
    await new Promise(setImmediate)
    controller.abort('enough')
    expect(await impatient).toBe('enough')
    give(Response.json({ issuer }))
    expect(await patient).toEqual({ issuer })
    expect(requests).toEqual([oauthPlace])
  })

  it('begins nothing when it had given up before', async () => {
    const { cache, requests, answer } = setUp()
    answer(() => Promise.reject(new Error('nobody would hear of it')))
    const signal = AbortSignal.abort('too late')
    await expect(cache.discover(issuer, { signal })).rejects.toBe('too late')
    await expect(cache.get(oauthPlace, { signal })).rejects.toBe('too late')
    await new Promise(setImmediate)
    expect(requests).toEqual([])
  })
})

describe('D1 publicOnly', () => {
  it.each([
    'https://127.0.0.1',
    'https://localhost',
    'https://[::1]',
    'https://[::ffff:127.0.0.1]',
    'https://10.0.0.1',
    'https://192.168.1.1',
    'https://169.254.169.254',
    'https://2130706433',
    'https://0x7f000001',
    'https://0177.0.0.1',
    'https://127.1',
    'https://[64:ff9b::7f00:1]',
    'http://localhost',
    'http://127.0.0.1:8080',
  ])('connects to nothing at %s', async (name) => {
    const { cache, requests } = setUp({ publicOnly: true })
    await expect(cache.discover(name)).rejects.toEqual(protocol)
    await expect(cache.get(`${name}/document`)).rejects.toEqual(protocol)
    expect(requests).toEqual([])
  })

  it('uses the guarded fetch alone, with its bounds', async () => {
    const asked: unknown[] = []
    const { cache, requests } = setUp({
      publicOnly: true,
      timeoutSeconds: 3,
      publicFetch: async (url, { maxBytes, timeoutMilliseconds, dangerouslyAllowedHosts }) => {
        asked.push([url.href, maxBytes, timeoutMilliseconds, dangerouslyAllowedHosts.size])
        return { status: 200, headers: new Headers(), text: JSON.stringify({ issuer }) }
      },
    })
    expect(await cache.discover(issuer)).toEqual({ issuer })
    expect(asked).toEqual([[oauthPlace, 512 * 1024, 3000, 0]])
    expect(requests).toEqual([])
  })

  it.each([301, 302, 307, 308])('follows no redirect: %d', async (status) => {
    const asked: string[] = []
    const { cache } = setUp({
      publicOnly: true,
      publicFetch: async (url) => {
        asked.push(url.href)
        return { status, headers: new Headers({ location: 'https://10.0.0.1' }), text: '' }
      },
    })
    await expect(cache.discover(issuer)).rejects.toEqual(protocol)
    expect(asked).toEqual([oauthPlace, oidcPlace])
  })

  it.each([
    ['refused', protocol],
    ['unreachable', unavailable],
  ] as const)('tells what is %s from what may work later', async (kind, expected) => {
    const publicFetch = async (): Promise<never> => await Promise.reject(new PublicFetchError(kind, 'no'))
    const { cache } = setUp({ publicOnly: true, publicFetch })
    await expect(cache.discover(issuer)).rejects.toEqual(expected)
  })

  it('waits for all places together no longer than for one', async () => {
    const asked: string[] = []
    const { cache } = setUp({
      publicOnly: true,
      timeoutSeconds: 0.05,
      publicFetch: async (url) => {
        asked.push(url.href)
        return await new Promise<never>(() => {})
      },
    })
    await expect(cache.discover(issuer)).rejects.toEqual(unavailable)
    expect(asked).toEqual([oauthPlace])
  })
})

describe('options of DiscoveryDocumentCache', () => {
  it.each<[string, DiscoveryDocumentCacheOptions]>([
    ['maxEntries', { maxEntries: 0 }],
    ['maxEntries', { maxEntries: 1.5 }],
    ['timeoutSeconds', { timeoutSeconds: 0 }],
    ['timeoutSeconds', { timeoutSeconds: 61 }],
    ['minTtlSeconds', { minTtlSeconds: -1 }],
    ['minTtlSeconds', { minTtlSeconds: 10, defaultTtlSeconds: 5 }],
    ['minTtlSeconds', { maxTtlSeconds: 10 }],
  ])('that cannot work are refused, naming %s', (option, options) => {
    expect(() => new DiscoveryDocumentCache(options)).toThrow(misconfiguration(option))
  })
})
