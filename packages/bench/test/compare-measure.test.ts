/** The machinery of the comparison: processes, slices, rounds, and an identity provider (IdP) that is not lenient. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { type Child, startChild } from '../src/compare/children.ts'
import { logIn } from '../src/compare/flow.ts'
import { type LoopbackIdP, startIdP } from '../src/compare/idp.ts'
import { createSender } from '../src/compare/load.ts'
import { measure, works } from '../src/compare/measure.ts'
import { redirectURI } from '../src/compare/server.ts'
import { runSlice } from '../src/compare/slices.ts'
import type { VariantName } from '../src/compare/variants.ts'

async function newIdP(): Promise<LoopbackIdP> {
  const idp = await startIdP()
  onTestFinished(idp.stop)
  return idp
}

async function newChild(idp: LoopbackIdP): Promise<Child> {
  const child = await startChild('floor', idp)
  onTestFinished(child.stop)
  return child
}

it('a server in a process of its own serves, and tells its CPU time and its heap', async () => {
  const child = await newChild(await newIdP())
  const before = await child.cpu()
  await logIn(child.site)
  expect(await child.cpu()).toBeGreaterThan(before)
  expect(await child.heap()).toBeGreaterThan(1_000_000)
}, 20_000)

it('a server that does not start is an error that says why', async () => {
  const idp = await newIdP()
  await expect(startChild('nobody' as VariantName, idp)).rejects.toThrow(/nobody ended: [\s\S]*TypeError/)
}, 20_000)

it('a slice ends after its count, and one wrong answer fails it', async () => {
  const child = await newChild(await newIdP())
  const load = { width: 4, seconds: 60, most: 9 }
  const seen: number[] = []
  const slice = await runSlice(child, load, async (n) => seen.push(n))
  expect([slice.count, seen.toSorted((a, b) => a - b)]).toEqual([9, [0, 1, 2, 3, 4, 5, 6, 7, 8]])
  const failing = async (n: number): Promise<void> => {
    if (n === 3) throw new Error('401 in the place of 200')
  }
  await expect(runSlice(child, load, failing)).rejects.toThrow('401 in the place of 200')
}, 20_000)

it('every work is measured on every server; the ratio of the floor to itself is 1', async () => {
  const names = ['floor', 'floor-usual'] as const
  const { rounds, results, steps } = await measure(0, { login: 0.1, request: 0.03 }, names)
  expect(rounds).toBe(1)
  expect(steps).toEqual(new Map(names.map((name) => [name, { requests: 6, idpCalls: 2 }])))
  for (const work of works) {
    expect([...results[work].keys()]).toEqual(names)
    expect(results[work].get('floor')).toMatchObject({ cpuRatio: { median: 1 }, perSecondRatio: { median: 1 } })
    expect(results[work].get('floor-usual')?.cpu.median).toBeGreaterThan(0)
  }
}, 20_000)

it('a request on a connection that the server has just closed is sent again; one that is answered by nobody fails', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/gone') request.socket.destroy()
    else response.end('here')
  })
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { send, close } = createSender((server.address() as AddressInfo).port)
  onTestFinished(close)
  await send('GET', '/', {})
  // What the client cannot have seen when it sends the next one.
  server.closeAllConnections()
  expect((await send('GET', '/', {})).text).toBe('here')
  await expect(send('GET', '/gone', {})).rejects.toThrow('socket hang up')
})

it('the IdP redeems a code once, for the client with its secret and the verifier of its challenge', async () => {
  const idp = await newIdP()
  const { clientId, clientSecret, origin } = idp.address
  const { send, close } = createSender(Number(new URL(origin).port))
  onTestFinished(close)
  const query = { response_type: 'code', client_id: clientId, redirect_uri: 'https://mcp.example/callback', state: 's' }
  const newCode = (challenge: string): string => {
    const asked = new URLSearchParams({ ...query, code_challenge: challenge })
    return new URL(idp.signIn(`${origin}/authorize?${asked}`)).searchParams.get('code') ?? ''
  }
  const redeem = async (code: string, change: Record<string, string> = {}): Promise<number> => {
    const usual = { grant_type: 'authorization_code', code, code_verifier: 'abc', redirect_uri: query.redirect_uri }
    const form = new URLSearchParams({ ...usual, client_id: clientId, client_secret: clientSecret, ...change })
    return (await send('POST', '/token', {}, form.toString())).status
  }
  // SHA-256 of `abc`.
  const challenge = 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0'
  const code = newCode(challenge)
  expect([await redeem(code), await redeem(code)]).toEqual([200, 400])
  expect(await redeem(newCode(challenge), { client_secret: 'another' })).toBe(400)
  expect(await redeem(newCode(challenge), { code_verifier: 'another' })).toBe(400)
  expect(await redeem(newCode(challenge), { redirect_uri: redirectURI })).toBe(400)
  expect(() => idp.signIn(`${origin}/authorize?client_id=stranger&response_type=code`)).toThrow('something else')
})
