import { describe, expect, it } from 'vitest'
import { expandScopes, formatScope, isScopeToken, missingScopes, parseScope } from '../../src/protocol/scope.ts'

describe('parseScope', () => {
  it.each([
    ['read', ['read']],
    ['read write', ['read', 'write']],
    ['write read write', ['write', 'read']],
    ['  read   write ', ['read', 'write']],
    ['https://www.googleapis.com/auth/userinfo.email', ['https://www.googleapis.com/auth/userinfo.email']],
    ["!#$%&'()*+,-./:;<=>?@[]^_`{|}~", ["!#$%&'()*+,-./:;<=>?@[]^_`{|}~"]],
    ['', []],
    [' ', []],
    [undefined, []],
  ])('A042 reads %j', (value, expected) => {
    expect(parseScope(value)).toEqual(expected)
  })

  it.each([
    ['a quotation mark', 'read "write"'],
    ['a backslash', 'read\\write'],
    ['a tab', 'read\twrite'],
    ['a line break', 'read\r\nSet-Cookie: a=b'],
    ['a control character', 'read\x7f'],
    ['a letter beyond ASCII', 'l\u00e9er'],
    ['a space that is none', 'read\u00a0write'],
    ['more than 4096 characters', 'a'.repeat(4097)],
    ['D7 100 000 scopes', 'a '.repeat(100_000)],
  ])('A042 refuses %s', (_name, value) => {
    expect(parseScope(value)).toBeUndefined()
  })

  it('writes scopes in the form it reads', () => {
    expect(parseScope(formatScope(['read', 'write']))).toEqual(['read', 'write'])
    expect(formatScope([])).toBe('')
  })

  it.each([
    ['read', true],
    ['', false],
    ['a b', false],
    ['a"', false],
  ])('tells whether %j is one scope', (value, expected) => {
    expect(isScopeToken(value)).toBe(expected)
  })
})

describe('scope hierarchy', () => {
  const hierarchy = { admin: ['write'], write: ['read'] }

  it('A040 lets a broad scope imply narrower ones, however deep', () => {
    expect([...expandScopes(['admin'], hierarchy)].sort()).toEqual(['admin', 'read', 'write'])
    expect(missingScopes(['admin'], ['read', 'write'], hierarchy)).toEqual([])
  })

  it('A040 never lets a narrow scope imply a broad one', () => {
    expect(missingScopes(['read'], ['write', 'read', 'admin'], hierarchy)).toEqual(['write', 'admin'])
  })

  it('A039 names every missing scope, in the order they are required', () => {
    expect(missingScopes(['b'], ['c', 'b', 'a'])).toEqual(['c', 'a'])
  })

  it('ends for a hierarchy that goes round in a circle', () => {
    expect([...expandScopes(['a'], { a: ['b'], b: ['a'] })]).toEqual(['a', 'b'])
  })

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'does not take the scope %s for a member of every object',
    (scope) => {
      expect([...expandScopes([scope], hierarchy)]).toEqual([scope])
    },
  )

  it('needs nothing when nothing is required, and grants nothing when nothing is held', () => {
    expect(missingScopes([], [])).toEqual([])
    expect(missingScopes([], ['read'], hierarchy)).toEqual(['read'])
  })
})
