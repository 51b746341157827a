import { expect, it } from 'vitest'
import { parseTraceContext } from '../../src/protocol/trace-context.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const parentId = '00f067aa0ba902b7'
const usual = `00-${traceId}-${parentId}-01`

it.each([
  ['of version 00, sampled', usual],
  ['of version 00, not sampled', `00-${traceId}-${parentId}-00`],
  ['with flags nobody knows', `00-${traceId}-${parentId}-ff`],
  ['of a later version with the same members', `01-${traceId}-${parentId}-01`],
  ['of a later version with more members', `cc-${traceId}-${parentId}-01-what-the-future-will-be-like`],
  ['of a later version with an empty member', `cc-${traceId}-${parentId}-01-`],
  ['whose ids are as small as they can be', `00-${'0'.repeat(31)}1-${'0'.repeat(15)}1-01`],
])('reads a traceparent %s', (_name, value) => {
  expect(parseTraceContext(value)).toEqual({ traceId: value.slice(3, 35), parentId: value.slice(36, 52) })
})

it.each([
  ['nothing', undefined],
  ['no header', null],
  ['an empty text', ''],
  ['version ff', `ff-${traceId}-${parentId}-01`],
  ['version ff with more', `ff-${traceId}-${parentId}-01-x`],
  ['a version that is no number', `0g-${traceId}-${parentId}-01`],
  ['a version of one digit', `0-${traceId}-${parentId}-01`],
  ['upper-case letters in the trace id', usual.toUpperCase()],
  ['upper-case letters in the parent id', `00-${traceId}-${parentId.toUpperCase()}-01`],
  ['a trace id of zeros', `00-${'0'.repeat(32)}-${parentId}-01`],
  ['a parent id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
  ['a short trace id', `00-${traceId.slice(1)}-${parentId}-01`],
  ['a long trace id', `00-${traceId}a-${parentId}-01`],
  ['a short parent id', `00-${traceId}-${parentId.slice(1)}-01`],
  ['no flags', `00-${traceId}-${parentId}`],
  ['flags of one digit', `00-${traceId}-${parentId}-1`],
  ['flags that are no number', `00-${traceId}-${parentId}-zz`],
  ['version 00 with more members', `${usual}-more`],
  ['version 00 with a dash at the end', `${usual}-`],
  ['a later version with more digits in the flags', `01-${traceId}-${parentId}-011`],
  ['two headers in one', `${usual}, ${usual}`],
  ['spaces around', ` ${usual} `],
  ['a line feed at the end', `${usual}\n`],
  ['other separators', usual.replaceAll('-', '_')],
])('takes %s for no trace at all', (_name, value) => {
  expect(parseTraceContext(value)).toBeUndefined()
})
