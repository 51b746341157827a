/** The guarded fetch on Node: names are looked up once, judged, and pinned — no second look-up, no other address. @module */
import { promises as dns } from 'node:dns'
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isPublicAddress, isPublicName } from '../protocol/ip-address.ts'
import { type PublicDocument, type PublicFetch, PublicFetchError, type PublicFetchOptions } from './public-fetch.ts'

interface Address {
  readonly address: string
  readonly family: number
}

/** @see {@link PublicFetch} */
export const fetchPublicDocument: PublicFetch = async (url, options) => {
  if (url.protocol !== 'https:') throw new PublicFetchError('refused', 'not https')
  const signal = AbortSignal.timeout(options.timeoutMilliseconds)
  return await withinTime(fetchDocument(url, options, signal), signal)
}

async function fetchDocument(url: URL, options: PublicFetchOptions, signal: AbortSignal): Promise<PublicDocument> {
  const port = url.port === '' ? '443' : url.port
  const isAllowed = options.dangerouslyAllowedHosts.has(`${url.hostname}:${port}`)
  const addresses = await resolve(url.hostname, isAllowed, signal)
  signal.throwIfAborted()
  const [first, ...others] = addresses
  if (!first) throw new PublicFetchError('unreachable', 'the name has no address')
  if (!isAllowed && !addresses.every(({ address }) => isPublicAddress(address))) {
    throw new PublicFetchError('refused', 'not a public address')
  }
  return await read(await get(url, [first, ...others], signal), options, signal)
}

async function resolve(hostname: string, isAllowed: boolean, signal: AbortSignal): Promise<readonly Address[]> {
  const literal = hostname.replace(/^\[|\]$/g, '')
  const family = isIP(literal)
  if (family !== 0) return [{ address: literal, family }]
  if (isAllowed) return await dns.lookup(hostname, { all: true }).catch(() => [])
  if (!isPublicName(hostname)) throw new PublicFetchError('refused', 'not a public name')
  return await resolvePublicly(hostname, signal)
}

/**
 * Asks the DNS and nothing else, without search domains. `lookup` would read the hosts file, and occupy one of the
 * few threads that all look-ups and file reads of the process share for as long as a stranger's server likes.
 */
async function resolvePublicly(hostname: string, signal: AbortSignal): Promise<readonly Address[]> {
  const resolver = new dns.Resolver({ timeout: 2000, tries: 2 })
  signal.addEventListener('abort', () => resolver.cancel(), { once: true })
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
  return [
    ...(v4.status === 'fulfilled' ? v4.value.map((address) => ({ address, family: 4 })) : []),
    ...(v6.status === 'fulfilled' ? v6.value.map((address) => ({ address, family: 6 })) : []),
  ]
}

/** What cannot be aborted is not waited for. */
async function withinTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return await Promise.race([
    work,
    new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new PublicFetchError('unreachable', 'no answer in time')), {
        once: true,
      })
    }),
  ])
}

async function get(
  url: URL,
  addresses: readonly [Address, ...Address[]],
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const [first] = addresses
  const lookup: LookupFunction = (_hostname, { all }, callback) => {
    if (all) callback(null, [...addresses])
    else callback(null, first.address, first.family)
  }
  const headers = { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'mcp-auth' }
  return await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = httpsRequest(url, { agent: false, signal, lookup, headers }, resolve)
    outgoing.on('error', (cause) => reject(new PublicFetchError('unreachable', 'no answer', { cause })))
    // A host that switches protocols ends the request without an error.
    outgoing.on('close', () => reject(new PublicFetchError('unreachable', 'no answer')))
    outgoing.end()
  })
}

async function read(
  response: IncomingMessage,
  options: PublicFetchOptions,
  signal: AbortSignal,
): Promise<PublicDocument> {
  try {
    if ((response.headers['content-encoding'] ?? 'identity') !== 'identity') {
      throw new PublicFetchError('refused', 'an encoding nobody asked for')
    }
    const chunks: Uint8Array[] = []
    let length = 0
    for await (const chunk of response) {
      if (!(chunk instanceof Uint8Array)) continue
      length += chunk.length
      if (length > options.maxBytes) throw new PublicFetchError('refused', 'too long')
      chunks.push(chunk)
    }
    const get = (name: string): string | null => {
      const value = response.headers[name.toLowerCase()]
      return value === undefined ? null : String(value)
    }
    return { status: response.statusCode ?? 0, headers: { get }, text: Buffer.concat(chunks).toString('utf8') }
  } catch (cause) {
    if (cause instanceof PublicFetchError) throw cause
    throw new PublicFetchError('unreachable', signal.aborted ? 'no answer in time' : 'the answer broke off', { cause })
  } finally {
    response.destroy()
  }
}
