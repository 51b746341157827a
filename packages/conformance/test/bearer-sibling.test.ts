import type { Store } from '@mcp-auth/express'
import { expect, it, onTestFinished } from 'vitest'
import { jwtPart } from './support/answers.ts'
import { createBrowser } from './support/browser.ts'
import { login, newClient, openConsent, redeem, signIn } from './support/client.ts'
import { accepted, judgeToken, refused } from './support/gate.ts'
import { startTestServer, type TestServer } from './support/server.ts'
import { startTwin } from './support/twin.ts'

/** A sign-in for the sibling's resource. Both are one issuer, whose pages lead to the first server's address. */
async function loginFor(sibling: TestServer, first: TestServer): Promise<string> {
  const client = await newClient(first)
  const browser = createBrowser()
  const { resource } = sibling.auth.metadata.protectedResource
  const page = await openConsent(sibling, client, browser, { resource })
  const callback = await signIn(first, browser, { ...page, url: first.origin })
  const answer = await browser.load(callback, { from: 'https://discord.com/' })
  const parameters = new URL(answer.location ?? 'about:blank').searchParams
  const authorization = { answer, parameters, code: parameters.get('code') ?? '', verifier: page.verifier, client }
  return String((await redeem(first, authorization)).json()['access_token'])
}

it('A012 refuses a token of ours for a sibling resource, in both directions, with one issuer, user, keys and store', async () => {
  let store: Store | undefined
  const first = await startTestServer({ wrapStore: (inner) => (store = inner) })
  onTestFinished(async () => await first.close())
  if (!store) throw new Error('the server asked for no store')
  const sibling = await startTwin(first, { store, resource: `${first.origin}/mcp2` })
  onTestFinished(async () => await sibling.close())
  const forFirst = (await login(first)).access_token
  const forSibling = await loginFor(sibling, first)
  for (const claim of ['iss', 'sub']) {
    expect(jwtPart(forFirst, 'payload')[claim]).toBe(jwtPart(forSibling, 'payload')[claim])
  }
  expect(await judgeToken(first, forFirst)).toEqual(accepted)
  expect(await judgeToken(sibling, forSibling)).toEqual(accepted)
  expect(await judgeToken(first, forSibling)).toEqual(refused)
  expect(await judgeToken(sibling, forFirst)).toEqual(refused)
})
