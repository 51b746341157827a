import { expect, it } from 'vitest'
import { typeInto } from '../../src/mint/terminal.ts'

const open = { text: '', state: 'open' } as const
const key = { escape: '\u001B', interrupt: '\u0003', end: '\u0004', clear: '\u0015', erase: '\u007F' }

it.each<[string, string, unknown]>([
  ['what was typed', 'abc\r', { text: 'abc', state: 'done' }],
  ['what was pasted, up to the end of the line', 'abc\ndef\n', { text: 'abc', state: 'done' }],
  ['an answer that goes on', 'abc', { text: 'abc', state: 'open' }],
  ['corrections', `abx${key.erase}c\b${key.erase}bc\r`, { text: 'abc', state: 'done' }],
  ['a line started anew', `wrong${key.clear}abc\r`, { text: 'abc', state: 'done' }],
  [
    'a bracketed paste and arrow keys',
    `${key.escape}[200~abc${key.escape}[201~${key.escape}[D\r`,
    { text: 'abc', state: 'done' },
  ],
  ['other control characters', 'a\u0000b\u0007c\r', { text: 'abc', state: 'done' }],
  ['giving up', `abc${key.interrupt}`, { text: '', state: 'interrupted' }],
  ['the end of input', `abc${key.end}`, { text: 'abc', state: 'done' }],
])('reads %s', (_, typed, answer) => {
  expect(typeInto(open, typed)).toEqual(answer)
})

it('takes pieces of one answer together, and no more than a terminal can mean', () => {
  expect(typeInto(typeInto(open, 'ab'), 'c\r')).toEqual({ text: 'abc', state: 'done' })
  expect(typeInto(open, 'x'.repeat(10_000)).text).toHaveLength(4096)
})
