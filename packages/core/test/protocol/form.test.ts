import { describe, expect, it } from 'vitest'
import { type Parameters, parameterValues, parseParameters, requireParameter } from '../../src/protocol/form.ts'
import { refusal } from '../support/refusal.ts'

function read(form: string): Parameters {
  return parseParameters(new URLSearchParams(form))
}

describe('parseParameters', () => {
  it('reads each parameter as it was sent', () => {
    expect(read('code=a%2Bb&state=x+y&unknown=1')).toEqual(
      new Map([
        ['code', 'a+b'],
        ['state', 'x y'],
        ['unknown', '1'],
      ]),
    )
  })

  it.each([
    ['the same value twice', 'code=a&code=a'],
    ['two values', 'code=a&code=b'],
    ['an empty value and a value', 'code=&code=a'],
    ['a value and an empty value', 'code=a&code='],
    ['two empty values', 'code=&code='],
    ['an escaped name', 'code=a&c%6fde=b'],
    ['a parameter nobody knows', 'foo=a&foo=b'],
    ['client_id', 'client_id=a&client_id=b'],
    ['a member name of every object', '__proto__=a&__proto__=b'],
  ])('A046 A103 A111 refuses a repeat: %s', (_name, form) => {
    expect(() => read(form)).toThrow(refusal('parameter_repeated'))
  })

  it('A046 takes an empty value for an omitted parameter', () => {
    const parameters = read('client_secret=&code=a')
    expect([parameters.has('client_secret'), parameters.get('code')]).toEqual([false, 'a'])
  })

  it('A047 lets resource be repeated, and keeps every value', () => {
    const parameters = read('resource=https%3A%2F%2Fa.example%2F&resource=&resource=https%3A%2F%2Fb.example%2F')
    expect(parameterValues(parameters, 'resource')).toEqual(['https://a.example/', 'https://b.example/'])
    expect(parameterValues(parameters, 'absent')).toEqual([])
  })

  it('D7 refuses more parameters than any client sends, and reads as many as one might', () => {
    const many = (count: number): string => Array.from({ length: count }, (_, i) => `p${i}=1`).join('&')
    expect(read(many(512)).size).toBe(512)
    expect(() => read(many(513))).toThrow(refusal('malformed_request'))
    expect(() => read('resource=https%3A%2F%2Fa.example&'.repeat(513))).toThrow(refusal('malformed_request'))
  })

  it('keeps a parameter named like a member of every object apart from it', () => {
    expect(read('a=1').get('constructor')).toBeUndefined()
    expect(read('constructor=1').get('constructor')).toBe('1')
  })
})

describe('requireParameter', () => {
  it('gives the value', () => {
    expect(requireParameter(read('code=a'), 'code')).toBe('a')
  })

  it.each(['', 'code=', 'other=a'])('A046 refuses %j, which has no code', (form) => {
    expect(() => requireParameter(read(form), 'code')).toThrow(refusal('parameter_missing'))
  })
})
