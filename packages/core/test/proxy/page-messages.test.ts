import { describe, expect, it } from 'vitest'
import { englishMessages } from '../../src/proxy/page-messages.ts'
import { refusals } from '../../src/refusals.ts'

describe('the words of our pages', () => {
  it('A009 describe offline_access, which no provider knows, and leave other scopes to the provider', () => {
    expect(englishMessages.scope('offline_access')).toBe('Stay signed in until you or the server end it')
    expect(englishMessages.scope('identify')).toBeUndefined()
    expect(englishMessages.scope('constructor')).toBeUndefined()
  })

  it('A8 give a client without a name no name at all', () => {
    expect(englishMessages.namelessApp).toBe('An app without a name')
  })

  it.each(Object.keys(refusals) as (keyof typeof refusals)[])('tell a person what to do about %s', (reason) => {
    expect(englishMessages.errorAdvice(reason, false)).toMatch(/\w.*\.$/)
    expect(englishMessages.errorAdvice(reason, true)).toMatch(/\w.*\.$/)
  })
})
