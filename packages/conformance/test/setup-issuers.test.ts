import { jwtVerifier, verifierByIssuer } from '@mcp-auth/express'
import { describe, expect, it } from 'vitest'
import { outage, tryLater } from './support/answers.ts'
import { callMCP } from './support/client.ts'
import { createClock } from './support/clock.ts'
import { accepted, judgeToken, refused } from './support/gate.ts'
import { createTestIdP, providerOf, startRemote } from './support/remote.ts'

describe('A018 an issuer with several names, all signed with the keys of the first', () => {
  const names = ['https://login.example', 'https://login.example/old'] as const

  it('accepts each of the names, exactly as written, and no other', async () => {
    const server = await startRemote({ verifier: { issuer: names } })
    const ask = async (iss: string) => await judgeToken(server, server.mint({ payload: { iss } }))
    expect(await ask(names[0])).toEqual(accepted)
    expect(await ask(names[1])).toEqual(accepted)
    for (const iss of [`${names[0]}/`, `${names[1]}/`, 'https://login.example/o', 'https://other.example']) {
      expect({ iss, ...(await ask(iss)) }).toEqual({ iss, ...refused })
    }
  })

  it('does not take the keys of the second name for those of the first', async () => {
    const clock = createClock()
    const [first, second] = [createTestIdP(clock), createTestIdP(clock, { issuer: 'https://second.example' })]
    const server = await startRemote({ clock, idp: first, verifier: { issuer: [first.issuer, second.issuer] } })
    expect(await judgeToken(server, first.mint(server.mcpURL))).toEqual(accepted)
    expect(await judgeToken(server, second.mint(server.mcpURL))).toEqual(refused)
  })
})

describe('A018 an issuer for each tenant', () => {
  /** The name of a tenant must be the one the token says it is of. */
  const isIssuer = (iss: string, { tid }: Readonly<Record<string, unknown>>): boolean =>
    typeof tid === 'string' && /^[a-z]+$/.test(tid) && iss === `https://login.example/${tid}`

  it('accepts a token whose issuer is of its own tenant, and none of another', async () => {
    const server = await startRemote({ verifier: { isIssuer } })
    const ask = async (iss: string, tid: unknown) => await judgeToken(server, server.mint({ payload: { iss, tid } }))
    expect(await ask('https://login.example/red', 'red')).toEqual(accepted)
    expect(await ask('https://login.example/blue', 'blue')).toEqual(accepted)
    expect(await ask('https://login.example/red', 'blue')).toEqual(refused)
    expect(await ask('https://login.example/red', undefined)).toEqual(refused)
    expect(await ask('https://login.example', undefined)).toEqual(refused)
    expect(await ask('https://evil.example/red', 'red')).toEqual(refused)
  })

  it('takes no word about a tenant from a token that somebody else signed', async () => {
    const server = await startRemote({ verifier: { isIssuer } })
    const other = createTestIdP(server.clock)
    const payload = { iss: 'https://login.example/red', tid: 'red' }
    expect(await judgeToken(server, other.mint(server.mcpURL, { payload }))).toEqual(refused)
    expect(await judgeToken(server, server.mint({ payload }))).toEqual(accepted)
  })
})

describe('A018 two providers at one resource', () => {
  const start = async () => {
    const clock = createClock()
    const [first, second] = [createTestIdP(clock), createTestIdP(clock, { issuer: 'https://second.example' })]
    const verifiers = [first, second].map((idp) => [idp.issuer, jwtVerifier({ issuer: idp.issuer })] as const)
    const server = await startRemote({
      clock,
      idp: first,
      fetch: async (url, init) => await (url.startsWith(second.issuer) ? second : first).fetch(url, init),
      provider: {
        ...providerOf(first),
        issuers: [first.issuer, second.issuer],
        createVerifier: verifierByIssuer(Object.fromEntries(verifiers)),
      },
    })
    return { server, first, second }
  }

  it('accepts what each issued, and what neither may say for the other is refused', async () => {
    const { server, first, second } = await start()
    expect(await judgeToken(server, first.mint(server.mcpURL))).toEqual(accepted)
    expect(await judgeToken(server, second.mint(server.mcpURL))).toEqual(accepted)
    expect(await judgeToken(server, second.mint(server.mcpURL, { payload: { iss: first.issuer } }))).toEqual(refused)
    expect(await judgeToken(server, first.mint(server.mcpURL, { payload: { iss: second.issuer } }))).toEqual(refused)
  })

  it('refuses the token of a third one, and asks nobody about it', async () => {
    const { server, first, second } = await start()
    const third = createTestIdP(server.clock, { issuer: 'https://third.example' })
    expect(await judgeToken(server, third.mint(server.mcpURL))).toEqual(refused)
    expect([...first.requests, ...second.requests, ...third.requests]).toEqual([])
  })

  it('D9 goes on with one while the other is down', async () => {
    const { server, first, second } = await start()
    first.fail('*', 'refused')
    expect(await judgeToken(server, second.mint(server.mcpURL))).toEqual(accepted)
    expect(tryLater(await callMCP(server, first.mint(server.mcpURL)))).toEqual(outage)
  })
})
