import { describe, expect, it } from 'vitest'
import { type ParameterRules, redactParameters } from '../../src/access/redact-parameters.ts'

const secret = 'hunter2-hunter2'

describe('a parameter with the rule id', () => {
  const token = `eyJ${'a'.repeat(40)}`
  it.each([
    ['a text', '197038439483310101', '197038439483310101'],
    ['a UUID', '123e4567-e89b-12d3-a456-426614174000', '123e4567-e89b-12d3-a456-426614174000'],
    ['a whole number', 42, 42],
    ['a boolean', true, true],
    ['a list of both', ['1', 2], ['1', 2]],
    ['an empty list', [], []],
    ['a longer text, which may be a token', token, { kind: 'string' }],
    ['a list with one', ['1', token], { kind: 'array' }],
    ['a list in a list', [['1']], { kind: 'array' }],
    ['a list of more than a hundred', Array.from({ length: 101 }, () => '1'), { kind: 'array' }],
    ['a fraction', 0.5, { kind: 'number' }],
    ['an object', { id: '1' }, { kind: 'object' }],
    ['null', null, { kind: 'null' }],
  ])('shows %s as it is or by its kind', (_name, value, shown) => {
    expect(redactParameters({ value }, { value: 'id' })).toEqual({ value: shown })
  })
})

describe('a parameter with the rule keep', () => {
  it.each([
    ['a text', 'general', 'general'],
    ['an empty text', '', ''],
    ['a number', 42.5, 42.5],
    ['zero', 0, 0],
    ['true', true, true],
    ['false', false, false],
    ['null', null, { kind: 'null' }],
    ['undefined', undefined, { kind: 'undefined' }],
    ['an object', { password: secret }, { kind: 'object' }],
    ['a list', [secret], { kind: 'array' }],
    ['a function', () => secret, { kind: 'function' }],
    ['a symbol', Symbol(secret), { kind: 'symbol' }],
    ['a number that is too large for JSON', 10n ** 30n, { kind: 'bigint' }],
    ['a number that is none', Number.NaN, { kind: 'number' }],
    ['a number without end', Number.POSITIVE_INFINITY, { kind: 'number' }],
  ])('shows %s as it is or by its kind', (_name, value, shown) => {
    expect(redactParameters({ value }, { value: 'keep' })).toEqual({ value: shown })
  })

  it('is cut after 256 characters', () => {
    const kept = (value: string): unknown => redactParameters({ value }, { value: 'keep' })?.['value']
    expect(kept('a'.repeat(256))).toBe('a'.repeat(256))
    expect(kept('a'.repeat(257))).toBe(`${'a'.repeat(255)}…`)
    expect(kept('a'.repeat(5_000_000))).toHaveLength(256)
  })

  it('is never cut inside a character', () => {
    const shown = redactParameters({ value: `${'a'.repeat(254)}${'😀'.repeat(10)}` }, { value: 'keep' })
    expect(shown).toEqual({ value: `${'a'.repeat(254)}…` })
  })
})

describe('a parameter with the rule length', () => {
  it.each([
    ['the characters of a text', 'abc', 3],
    ['the characters of a text, not the units they are made of', 'a😀b', 3],
    ['an empty text', '', 0],
    ['the entries of a list', [1, 2], 2],
    ['the entries of an object', { a: secret, b: 2 }, 2],
    ['the kind of a number, which has no length', 5, { kind: 'number' }],
    ['the kind of a boolean', true, { kind: 'boolean' }],
    ['the kind of null', null, { kind: 'null' }],
  ])('shows %s', (_name, value, shown) => {
    expect(redactParameters({ value }, { value: 'length' })).toEqual({ value: shown })
  })
})

describe('D8 a parameter without a rule', () => {
  it('is counted, and shown neither by value nor by name', () => {
    const shown = redactParameters(
      { channel: 'general', [secret]: secret, other: { [secret]: 1 } },
      { channel: 'keep' },
    )
    expect(shown).toEqual({ channel: 'general', _omitted: 2 })
    expect(JSON.stringify(shown)).not.toContain(secret)
  })

  it('cannot pass for the number of those that were left out', () => {
    expect(redactParameters({ _omitted: secret }, { _omitted: 'keep' })).toEqual({ _omitted: 1 })
  })

  it('is not there because a rule has a name that every object knows', () => {
    const rules: ParameterRules = Object.fromEntries(
      ['toString', 'constructor', '__proto__'].map((name) => [name, 'keep' as const]),
    )
    expect(redactParameters({ text: secret }, rules)).toEqual({ _omitted: 1 })
    expect(redactParameters({}, rules)).toBeUndefined()
  })

  it('gets no rule from what every object knows, nor from a rule that does not exist', () => {
    const parameters = JSON.parse(`{"constructor":"${secret}","toString":"${secret}","__proto__":"${secret}"}`)
    expect(redactParameters(parameters, {})).toEqual({ _omitted: 3 })
    const mistaken = { text: 'show' } as unknown as ParameterRules
    expect(redactParameters({ text: secret }, mistaken)).toEqual({ text: { kind: 'string' } })
  })
})

it('changes no prototype when a parameter is called __proto__', () => {
  const rules: ParameterRules = { ['__proto__']: 'keep' }
  const shown = redactParameters(JSON.parse('{"__proto__":"polluted"}'), rules)
  expect(JSON.stringify(shown)).toBe('{"__proto__":"polluted"}')
  expect(Object.getPrototypeOf(shown)).toBe(Object.prototype)
  expect(redactParameters(JSON.parse('{"__proto__":{"admin":true}}'), { admin: 'keep' })).toEqual({ _omitted: 1 })
})

it('runs nothing that belongs to a parameter', () => {
  let runs = 0
  const run = (): string => {
    runs += 1
    return secret
  }
  const parameters = Object.defineProperties(
    { object: { toJSON: run, toString: run, [Symbol.toPrimitive]: run } },
    { getter: { get: run, enumerable: true }, hidden: { value: secret, enumerable: false } },
  )
  const shown = redactParameters(parameters, { getter: 'keep', object: 'length', hidden: 'keep' })
  expect(shown).toEqual({ object: 2, getter: { kind: 'accessor' } })
  expect(runs).toBe(0)
})

it('says nothing where there are no rules or no parameters', () => {
  expect(redactParameters({ text: secret }, undefined)).toBeUndefined()
  for (const parameters of [undefined, null, secret, 5, true]) {
    expect(redactParameters(parameters, { text: 'keep' })).toBeUndefined()
  }
  expect(redactParameters([secret, secret], { text: 'keep', length: 'keep' })).toEqual({ _omitted: 2 })
})
