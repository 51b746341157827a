/** Consent while the store is away, slow, full or crowded. */
import { createMemoryStore, type Store } from '@mcp-auth/express'
import { expect, it } from 'vitest'
import { outage, tryLater } from './support/answers.ts'
import { createBrowser } from './support/browser.ts'
import { newClient, openConsent, redirectURI, signIn } from './support/client.ts'
import { cookieHeader, discordPage, postConsent } from './support/consent.ts'
import { localPage, parametersOf, shownBy } from './support/pages.ts'
import { startServer } from './support/start.ts'
import { createOutage, driverMessage, hookStore, meetingPoint, type StoreStep, slowStore } from './support/stores.ts'

const denial = `${redirectURI}?error=access_denied&`
const failing: readonly (readonly [decision: string, away: string, leadsTo: string, steps: readonly StoreStep[]])[] = [
  ['approve', 'the whole store', discordPage, []],
  ['approve', 'the mark of the consent', discordPage, ['set consent']],
  ['approve', 'the sign-in', discordPage, ['set transaction']],
  ['deny', 'the whole store', denial, []],
  ['deny', 'the mark of the consent', denial, ['set consent']],
]

it.each(failing)('A3 answers 503 to %s while %s cannot be stored, and the same page works later', async (...row) => {
  const [decision, , leadsTo, steps] = row
  const store = createOutage()
  const server = await startServer({ wrapStore: store.wrap })
  const browser = createBrowser()
  const page = await openConsent(server, await newClient(server), browser)
  const before = cookieHeader(browser)
  store.start(...steps)
  const answer = await postConsent(browser, page, { decision })
  expect(shownBy(answer)).toEqual(localPage(503))
  expect(tryLater(answer)).toEqual(outage)
  expect(answer.text).not.toContain(driverMessage)
  expect(cookieHeader(browser)).toBe(before)
  expect(server.events.map((event) => event.type)).toEqual([
    'client.registered',
    'store.unavailable',
    'request.refused',
  ])
  store.end()
  const again = await postConsent(browser, page, { decision })
  expect(again.status).toBe(303)
  expect(server.discord.requests).toEqual([])
  expect(again.location?.startsWith(leadsTo)).toBe(true)
})

it.each([
  ['set transaction', 303],
  ['set consent', 400],
] as const)('A3 answers 503 when the answer to "%s" is lost, and to the same page later %d', async (step, later) => {
  let isLost = true
  const after = (done: StoreStep): void => {
    if (isLost && done === step) throw new Error(driverMessage)
  }
  const server = await startServer({ wrapStore: (store) => hookStore(store, { after }) })
  const browser = createBrowser()
  const page = await openConsent(server, await newClient(server), browser)
  const answer = await postConsent(browser, page)
  expect(shownBy(answer)).toEqual(localPage(503))
  expect(answer.headers.getSetCookie()).toEqual([])
  isLost = false
  expect((await postConsent(browser, page)).status).toBe(later)
  const next = await openConsent(server, await newClient(server), browser)
  expect((await postConsent(browser, next)).location?.startsWith(discordPage)).toBe(true)
})

it('A3 answers 503 when the store is full, and shows consent pages all the same', async () => {
  const server = await startServer({ wrapStore: () => createMemoryStore({ maxBytes: 100 }) })
  const browser = createBrowser()
  const page = await openConsent(server, await newClient(server), browser)
  expect(page.status).toBe(200)
  const answer = await postConsent(browser, page)
  expect(shownBy(answer)).toEqual(localPage(503))
  expect(tryLater(answer)).toEqual(outage)
})

const crowds: readonly (readonly [how: string, wrap: (store: Store) => Store])[] = [
  ['with latency after every answer of the store', slowStore],
  ['when all of them come to the store at once', (store) => hookStore(store, { before: meetingPoint(10) })],
  ['when all of them have read before anybody goes on', (store) => hookStore(store, { after: meetingPoint(10) })],
]

it.each(crowds)('A103 A3 lets exactly one of ten parallel approvals go to Discord, %s', async (_how, wrapStore) => {
  const server = await startServer({ wrapStore })
  const browser = createBrowser()
  const page = await openConsent(server, await newClient(server), browser)
  const cookie = cookieHeader(browser)
  const attempts = Array.from({ length: 10 }, () => postConsent(browser, page, {}, { cookie }))
  const answers = await Promise.all(attempts)
  const through = answers.filter((answer) => answer.location !== undefined)
  expect(through.map((answer) => answer.location?.startsWith(discordPage))).toEqual([true])
  for (const refused of answers.filter((answer) => answer.location === undefined))
    expect(shownBy(refused)).toEqual(localPage(400))
  expect(server.events.filter((event) => event.type === 'consent.approved')).toHaveLength(1)
})

it.each(crowds)(
  'A103 A3 takes one of five approvals and five denials at the same time, %s',
  async (_how, wrapStore) => {
    const server = await startServer({ wrapStore })
    const browser = createBrowser()
    const page = await openConsent(server, await newClient(server), browser)
    const cookie = cookieHeader(browser)
    const decisions = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? 'approve' : 'deny'))
    const answers = await Promise.all(decisions.map((decision) => postConsent(browser, page, { decision }, { cookie })))
    expect(answers.filter((answer) => answer.status === 303)).toHaveLength(1)
    expect(answers.filter((answer) => answer.status === 400)).toHaveLength(9)
    const types = server.events.map((event) => event.type)
    expect(types.filter((type) => type === 'consent.approved' || type === 'consent.denied')).toHaveLength(1)
  },
)

it('A103 completes a sign-in over a slow store', async () => {
  const server = await startServer({ wrapStore: slowStore })
  const browser = createBrowser()
  const page = await openConsent(server, await newClient(server), browser)
  const answer = await browser.load(await signIn(server, browser, page))
  expect(parametersOf(answer).has('code')).toBe(true)
})
