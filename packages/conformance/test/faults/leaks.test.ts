/** What the fault harness takes for a leak. */
import { describe, expect, it } from 'vitest'
import { createLeakCheck } from '../../faults/leaks.ts'

const token = 'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7aB3'
const leaks = createLeakCheck()
leaks.addSecret('the root secret', 'root-secret')
leaks.addToken(token)

describe('an answer leaks', () => {
  it.each([
    ['a stack trace', `TypeError: no\n    at find (/srv/app/store.ts:12:3)\n    at run (/srv/app/run.ts:1:2)`],
    ['a stack trace', 'Error: no such file: /srv/app/node_modules/express/lib/view.js'],
    ['the root secret', '{"error":"the key root-secret does not fit"}'],
    ['a token of the identity provider', `{"upstream":"${token}"}`],
    ['a token of the identity provider', `location: https://mcp.example/?token=${token}&state=1`],
  ])('%s', (what, answer) => {
    expect(leaks.find(answer)).toBe(what)
  })
})

it('An answer that holds our own tokens, and what only looks like a token, is clean', () => {
  expect(leaks.find(`{"access_token":"ey.${token}x.s"}`)).toBeUndefined()
  expect(leaks.find(`{"id":"${token.toLowerCase()}"}`)).toBeUndefined()
  expect(leaks.find('We are open at 10:30:00, at the market')).toBeUndefined()
})
