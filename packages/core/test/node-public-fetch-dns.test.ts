/** What a name leads to. 127.0.0.2 and 127.0.0.3 stand for public addresses: this machine has no others. */
import { promises as dns } from 'node:dns'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { fetchPublicDocument } from '../src/platform/node-public-fetch.ts'
import { PublicFetchError } from '../src/platform/public-fetch.ts'
import { startAtOnePort } from './support/same-port.ts'
import { type LocalServer, startTCPServer, startTLSServer } from './support/tls-server.ts'

vi.mock(import('../src/protocol/ip-address.ts'), async (original) => {
  const actual = await original()
  const standIns = ['127.0.0.2', '127.0.0.3']
  return { ...actual, isPublicAddress: (text: string) => standIns.includes(text) || actual.isPublicAddress(text) }
})

/** Names that were asked for, with the kind of address. */
let asked: string[] = []
beforeEach(() => {
  asked = []
})

type Answers = readonly string[] | Error

/** Answers of the DNS, one after the other; the last one stays. */
function answer(v4: readonly [Answers, ...Answers[]], v6: readonly [Answers, ...Answers[]] = [noData]): void {
  const next = (kind: string, answers: readonly [Answers, ...Answers[]]) => async (name: string) => {
    asked.push(`${kind} ${name}`)
    const round = asked.filter((one) => one.startsWith(kind)).length - 1
    const given = answers[round] ?? answers[answers.length - 1]
    if (given instanceof Error || given === undefined) throw given ?? noData
    return [...given]
  }
  vi.spyOn(dns.Resolver.prototype, 'resolve4').mockImplementation(next('A', v4) as never)
  vi.spyOn(dns.Resolver.prototype, 'resolve6').mockImplementation(next('AAAA', v6) as never)
}

const noData = Object.assign(new Error('queryA ENODATA'), { code: 'ENODATA' })

/** Fetches from client.example: the text, or why not. */
async function get(port: number): Promise<string> {
  const limits = { maxBytes: 5120, timeoutMilliseconds: 5000, dangerouslyAllowedHosts: new Set<string>() }
  try {
    return (await fetchPublicDocument(new URL(`https://client.example:${port}/client.json`), limits)).text
  } catch (error) {
    if (error instanceof PublicFetchError) return `${error.kind}: ${error.message}`
    throw error
  }
}

/** The real server at a public address, and a canary at the same port of loopback. */
async function startPair(): Promise<{ host: LocalServer; canary: LocalServer }> {
  const [host, canary] = await startAtOnePort(
    async () => await startTLSServer((_request, response) => response.end('genuine'), { address: '127.0.0.2' }),
    async (port) => await startTCPServer(undefined, { address: '127.0.0.1', port }),
  )
  return { host, canary }
}

describe('a name', () => {
  it('A070 is fetched from its public address, under its own name', async () => {
    const { host, canary } = await startPair()
    answer([['127.0.0.2']])
    expect(await get(host.port)).toBe('genuine')
    expect(host.names).toEqual(['client.example'])
    expect(canary.connections()).toBe(0)
  })

  it.each<[string, readonly string[], Answers]>([
    ['private', ['127.0.0.1'], noData],
    ['private after a public one', ['127.0.0.2', '127.0.0.1'], noData],
    ['private before a public one', ['127.0.0.1', '127.0.0.2'], noData],
    ['private over IPv6 only', [], ['::1']],
    ['private over IPv6 besides', ['127.0.0.2'], ['::1']],
    ['mapped besides', ['127.0.0.2'], ['::ffff:127.0.0.1']],
    ['link-local besides', ['127.0.0.2', '169.254.169.254'], noData],
    ['public over IPv6, private over IPv4', ['10.0.0.1'], ['2606:4700:4700::1111']],
  ])('A075 D1 with an address that is %s leads nowhere', async (_name, v4, v6) => {
    const { host, canary } = await startPair()
    answer([v4], [v6])
    expect(await get(host.port)).toBe('refused: not a public address')
    expect([host.connections(), canary.connections()]).toEqual([0, 0])
  })

  it('A075 D1 is looked up once: a second answer that differs is never asked for', async () => {
    const { host, canary } = await startPair()
    const lookup = vi.spyOn(dns, 'lookup')
    answer([['127.0.0.2'], ['127.0.0.1']], [noData, ['::1']])
    expect(await get(host.port)).toBe('genuine')
    expect(asked).toEqual(['A client.example', 'AAAA client.example'])
    expect(lookup).not.toHaveBeenCalled()
    expect([host.connections(), canary.connections()]).toEqual([1, 0])
  })

  it('A075 D1 is judged anew each time', async () => {
    const { host, canary } = await startPair()
    answer([['127.0.0.2'], ['127.0.0.1']])
    expect(await get(host.port)).toBe('genuine')
    expect(await get(host.port)).toBe('refused: not a public address')
    expect([host.connections(), canary.connections()]).toEqual([1, 0])
  })

  it('A070 is fetched from another of its addresses where one is dead', async () => {
    const { host, canary } = await startPair()
    answer([['127.0.0.3', '127.0.0.2']])
    expect(await get(host.port)).toBe('genuine')
    expect(canary.connections()).toBe(0)
  })

  it.each([
    ['no IPv6 address', noData],
    ['a broken IPv6 zone', Object.assign(new Error('queryAaaa ESERVFAIL'), { code: 'ESERVFAIL' })],
  ])('A070 with %s is fetched over IPv4', async (_name, v6) => {
    const { host } = await startPair()
    answer([['127.0.0.2']], [v6])
    expect(await get(host.port)).toBe('genuine')
  })
})
