import { describe, expect, it } from 'vitest'
import { type CacheBounds, type Freshness, readFreshness } from '../src/protocol/http-caching.ts'

const now = 1_700_000_000
const bounds: CacheBounds = { unspecified: 300, least: 0, most: 86_400 }

function read(headers: Readonly<Record<string, string>>, within: CacheBounds = bounds): Freshness {
  return readFreshness((name) => headers[name] ?? null, within, now)
}

const at = (seconds: number): string => new Date(seconds * 1000).toUTCString()

describe('how long an answer is fresh', () => {
  it.each([
    ['nothing', {}, 300],
    ['an empty field', { 'cache-control': '' }, 300],
    ['words without a time', { 'cache-control': 'public, must-revalidate' }, 300],
    ['max-age', { 'cache-control': 'max-age=60' }, 60],
    ['max-age among others', { 'cache-control': 'public,  Max-Age=60 , immutable' }, 60],
    ['max-age in quotes', { 'cache-control': 'max-age="60"' }, 60],
    ['max-age of zero', { 'cache-control': 'max-age=0' }, 0],
    ['max-age for other caches only', { 'cache-control': 's-maxage=60' }, 300],
    ['max-age and one for other caches', { 'cache-control': 's-maxage=60, max-age=5' }, 5],
    ['max-age twice', { 'cache-control': 'max-age=5, max-age=60' }, 5],
    ['max-age and the age it has', { 'cache-control': 'max-age=60', age: '45' }, 15],
    ['an age beyond it', { 'cache-control': 'max-age=60', age: '61' }, 0],
    ['an age that is none', { 'cache-control': 'max-age=60', age: '-5' }, 60],
    ['a year', { 'cache-control': 'max-age=31536000' }, 86_400],
    ['more than fits', { 'cache-control': `max-age=${'9'.repeat(400)}`, age: '9'.repeat(400) }, 0],
    ['more than fits, and new', { 'cache-control': `max-age=${'9'.repeat(400)}` }, 86_400],
    ['a negative time', { 'cache-control': 'max-age=-1' }, 0],
    ['a broken number', { 'cache-control': 'max-age=60s' }, 0],
    ['a fraction', { 'cache-control': 'max-age=1.5' }, 0],
    ['no time at all', { 'cache-control': 'max-age' }, 0],
    ['no-cache', { 'cache-control': 'no-cache, max-age=60' }, 0],
    ['no-store', { 'cache-control': 'max-age=60, no-store' }, 0],
    ['Expires, by the clock of its sender', { expires: at(now + 90), date: at(now + 30) }, 60],
    ['Expires, by ours', { expires: at(now + 90) }, 90],
    ['Expires in the past', { expires: at(now - 1), date: at(now) }, 0],
    ['Expires that is no date', { expires: '0' }, 0],
    ['max-age, which goes before Expires', { 'cache-control': 'max-age=10', expires: at(now + 90) }, 10],
  ])('A079 reads %s', (_name, headers, seconds) => {
    expect(read(headers).seconds).toBe(seconds)
  })

  it.each([
    ['nothing', {}, true],
    ['no-cache', { 'cache-control': 'no-cache' }, true],
    ['max-age of zero', { 'cache-control': 'max-age=0' }, true],
    ['no-store', { 'cache-control': 'no-store' }, false],
    ['No-Store among others', { 'cache-control': 'max-age=60, No-Store' }, false],
  ])('A079 keeps an answer or not: %s', (_name, headers, mayKeep) => {
    expect(read(headers).mayKeep).toBe(mayKeep)
  })

  it.each([
    ['no-store', 60],
    ['max-age=0', 60],
    ['max-age=61', 61],
    ['max-age=601', 600],
  ])('A079 holds bounds of its own against %s', (cacheControl, seconds) => {
    const own = { unspecified: 300, least: 60, most: 600 }
    expect(read({ 'cache-control': cacheControl }, own)).toEqual({ seconds, mayKeep: true })
  })

  it('A079 holds its bounds where nothing is said', () => {
    expect(read({}, { unspecified: 300, least: 0, most: 100 }).seconds).toBe(100)
  })
})
