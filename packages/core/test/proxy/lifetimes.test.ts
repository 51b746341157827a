import { describe, expect, it } from 'vitest'
import { defaultLifetimes, type Lifetimes, resolveLifetimes } from '../../src/proxy/lifetimes.ts'
import { misconfiguration } from '../support/refusal.ts'

describe('resolveLifetimes', () => {
  it('D11 A041 A107 has the defaults that are documented', () => {
    expect(resolveLifetimes()).toEqual({
      accessToken: 3600,
      refreshToken: 2_592_000,
      code: 60,
      transaction: 600,
      refreshGrace: 30,
      grant: 15_552_000,
      clientRegistration: 31_536_000,
    })
    expect(resolveLifetimes({})).toEqual(defaultLifetimes)
  })

  it('replaces what is given and keeps the rest', () => {
    expect(resolveLifetimes({ code: 30 })).toEqual({ ...defaultLifetimes, code: 30 })
  })

  it.each<readonly [keyof Lifetimes, number, number]>([
    ['accessToken', 1, 86_400],
    ['refreshToken', 1, 34_560_000],
    ['code', 1, 600],
    ['transaction', 1, 3600],
    ['refreshGrace', 0, 300],
    ['grant', 1, 315_360_000],
    ['clientRegistration', 60, 315_360_000],
  ])('D11 holds %s between %d and %d seconds', (name, least, most) => {
    for (const seconds of [least, most]) expect(resolveLifetimes({ [name]: seconds })[name]).toBe(seconds)
    for (const seconds of [least - 1, most + 1]) {
      expect(() => resolveLifetimes({ [name]: seconds })).toThrow(
        misconfiguration(`lifetimes.${name}`, `from ${least} to ${most}`),
      )
    }
  })

  it.each([
    ['a fraction', 1.5],
    ['no number', Number.NaN],
    ['no end', Number.POSITIVE_INFINITY],
    ['a text', '60' as unknown as number],
    ['null', null as unknown as number],
  ])('D11 refuses %s', (_name, code) => {
    expect(() => resolveLifetimes({ code })).toThrow(misconfiguration('lifetimes.code', 'whole number of seconds'))
  })
})
