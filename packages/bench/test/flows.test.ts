/** What each step costs at the store: DEPLOYMENT.md promises these numbers, and a step more shows here. */
import { apiKeys } from '@mcp-auth/core'
import { expect, it } from 'vitest'
import * as client from '../src/client.ts'
import { runSteps, signInSteps, stepNames, summarize } from '../src/flows.ts'
import { cannedIdP } from '../src/idps.ts'
import { createLab } from '../src/lab.ts'
import { recordTraffic } from '../src/traffic.ts'

const upstreamRefresh = ['add lease', 'get grant', 'get grant', 'swap grant', 'get lease', 'swap lease']

it('every step does these operations at the store, and no other', async () => {
  expect(summarize(await runSteps())).toEqual({
    'metadata and keys': [],
    registration: [],
    'authorization request': [],
    approval: ['set transaction', 'add consent'],
    'return from the IdP': ['get transaction', 'take transaction', 'get subject', 'add subject', 'set grant'],
    'code for tokens': ['get grant', 'get subject', 'swap subject', 'swap grant'],
    'request, token not seen before': ['get grant'],
    'request, token seen before': ['get grant'],
    'request of a tool for the upstream token': ['get grant'],
    'the same, when it has to be refreshed': ['get grant', 'get grant', ...upstreamRefresh],
    refresh: ['get grant', 'swap grant'],
    'refresh, sent again within the grace': ['get grant'],
    'refresh, when the upstream token is over as well': [
      'get grant',
      'get grant',
      ...upstreamRefresh,
      'get grant',
      'swap grant',
    ],
    revocation: ['get grant', 'get grant', 'swap grant', 'get subject', 'swap subject'],
    'request with a revoked token': ['get grant'],
    'request with a forged token': [],
  })
})

it('a protected request reads the store once and writes nothing, whether its token was seen before or not', async () => {
  const requests = (await runSteps()).filter(({ name }) => name.startsWith('request, token'))
  expect(requests.map(({ operations }) => operations.map(({ name }) => name))).toEqual([['get'], ['get']])
})

it('a request with an API key does not ask the store', async () => {
  const keys = [{ dangerouslyPlainKey: 'a-key-of-a-robot-with-enough-characters', subject: 'robot' }]
  const lab = createLab({ authenticate: apiKeys({ keys }) })
  const accessToken = 'a-key-of-a-robot-with-enough-characters'
  const session = await client.call(lab, { clientId: '', accessToken, refreshToken: '' })
  expect(session.subject).toBe('key:robot')
  expect(lab.store.drain()).toEqual([])
})

it('without an index of users a sign-in takes 7 operations', async () => {
  const steps = await runSteps({ createIdP: () => cannedIdP({ tokenCharacters: 32, expiresIn: 1800 }) })
  expect(steps.map(({ name }) => name)).toEqual(stepNames)
  const signIn = steps.filter(({ name }) => signInSteps.includes(name)).flatMap(({ operations }) => operations)
  expect(signIn).toHaveLength(7)
  expect(steps.flatMap(({ operations }) => operations).filter(({ key }) => key.startsWith('subject:'))).toEqual([])
})

it('sign-ins of two users with one client have no key in common: load spreads as users do', async () => {
  const lab = createLab({ createIdP: () => cannedIdP({ tokenCharacters: 32 }) })
  const clientId = await client.register(lab)
  const keysOf = async (): Promise<ReadonlySet<string>> => {
    lab.store.drain()
    const tokens = await client.signIn(lab, clientId)
    await client.call(lab, tokens)
    await client.refresh(lab, tokens)
    return new Set(lab.store.drain().map(({ key }) => key))
  }
  const [first, second] = [await keysOf(), await keysOf()]
  // A transaction, a consent, a grant.
  expect([first.size, second.size, new Set([...first, ...second]).size]).toEqual([3, 3, 6])
})

it('the id of a client that registered itself with one redirect URI has at most 400 characters', async () => {
  const clientId = await client.register(createLab())
  expect(clientId.length).toBeGreaterThan(100)
  expect(clientId.length).toBeLessThanOrEqual(400)
})

it('a grant has at most the length that the deployment page counts with', async () => {
  const [atFirst, refreshed] = (await recordTraffic()).grantCharacters
  expect(atFirst).toBeGreaterThan(500)
  expect(atFirst).toBeLessThanOrEqual(1250)
  // The memory store sets 1,024 bytes aside for that.
  expect(refreshed - atFirst).toBeGreaterThan(0)
  expect(refreshed - atFirst).toBeLessThanOrEqual(600)
})
