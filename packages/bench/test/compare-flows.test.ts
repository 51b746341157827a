/** Every server of the comparison does every flow: what keeps its numbers honest. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, callOpen, forge, type Login, logIn, type Site } from '../src/compare/flow.ts'
import { type LoopbackIdP, startIdP } from '../src/compare/idp.ts'
import { createSender, type Sender } from '../src/compare/load.ts'
import type { RunningServer } from '../src/compare/server.ts'
import { type Variant, variantNames, variants } from '../src/compare/variants.ts'

let idp: LoopbackIdP
beforeAll(async () => {
  idp = await startIdP()
})
afterAll(async () => await idp.stop())

describe.each(variantNames)('%s', (name) => {
  const variant: Variant = variants[name]
  let server: RunningServer
  let sender: Sender
  let site: Site
  beforeAll(async () => {
    server = await variant.start(idp.address)
    sender = createSender(server.port)
    site = { variant, send: sender.send, idp }
    // Some take seconds to load.
  }, 30_000)
  afterAll(async () => {
    sender.close()
    await server.stop()
  })

  it('signs users in, and tells them apart at a protected request', async () => {
    const logins: readonly Login[] = await Promise.all(Array.from({ length: 3 }, async () => await logIn(site)))
    const callers = await Promise.all(logins.map(async ([, refreshed]) => await call(site, refreshed)))
    expect(new Set(callers).size).toBe(3)
    const again = await Promise.all(logins.map(async ([, refreshed]) => await call(site, refreshed)))
    expect(again).toEqual(callers)
  })

  it('answers a forged token with 401, and a request without a gate in any case', async () => {
    const [first, refreshed] = await logIn(site)
    const forged = Array.from({ length: 3 }, () => forge(refreshed))
    expect(new Set(forged.map((token) => token.length))).toEqual(new Set([refreshed.length]))
    for (const token of forged) await call(site, token, 401)
    await call(site, 'not-a-token', 401)
    await Promise.all([first, refreshed].map(async (token) => await call(site, token)))
    await callOpen(site)
  })
})
