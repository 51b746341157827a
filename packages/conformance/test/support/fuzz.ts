/** Input that nobody would send by mistake: strings, parameters, documents and headers of every unpleasant kind. */
import fc from 'fast-check'
import { fuzzSeed } from '../../../core/test/support/any-text.ts'

export { fuzzSeed }

/** Bounds of one property: so many runs, or fewer on a machine that is many times slower than ours. */
export function bounded(numRuns: number): fc.Parameters<unknown> {
  return { seed: fuzzSeed, numRuns, interruptAfterTimeLimit: 40_000, markInterruptAsFailure: false }
}

/** Fails what does not settle: a hang is a failure like any other. */
export async function settled<T>(work: Promise<T>, milliseconds = 15_000): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${milliseconds} ms`)), milliseconds)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

const unpleasant = [
  '',
  ' ',
  '\u0000',
  '\t',
  '\r\nset-cookie: planted=1\r\n\r\n',
  '\u202e\u2066\ufeff',
  '\ud800',
  '\udfff\ud800',
  '\u{1f600}'.repeat(100),
  'e\u0301'.repeat(500),
  '%',
  '%00',
  '%ff%fe',
  '%u0041',
  '+',
  '&=;#?',
  '"><script>alert(1)</script>',
  '\\"\\',
  "' OR 1=1 --",
  '../../../../etc/passwd',
  '__proto__',
  'constructor',
  'null',
  'undefined',
  '-1',
  '1e999',
  'NaN',
  '[]',
  '{"a":',
  'dcr_',
  `dcr_${'A'.repeat(300)}`,
  'a.b.c',
  `${'A'.repeat(27)}.${'A'.repeat(43)}`,
  `${'A'.repeat(27)}.${'A'.repeat(43)}.${'A'.repeat(43)}`,
  `${'A'.repeat(27)}.${'A'.repeat(42)}\u0000`,
  'http://127.0.0.1:32767/callback/../x',
  'http://[::1',
  'https://a@b:c',
  'javascript:alert(1)//',
  'data:text/html,x',
  '//evil.example',
  'x'.repeat(5000),
  ' x'.repeat(3000),
]

/** A text. */
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...unpleasant),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.string({ maxLength: 200 }),
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
  fc.base64String({ maxLength: 120 }),
  fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)),
)

/** Names and values, in order. */
export type Pairs = readonly (readonly [string, string])[]

/** One change of a list of parameters. */
function changeOnce(pairs: Pairs, names: readonly string[], values: fc.Arbitrary<string>): fc.Arbitrary<Pairs> {
  const index = fc.nat(Math.max(0, pairs.length - 1))
  const at = (position: number, ...replacement: Pairs): Pairs => [
    ...pairs.slice(0, position),
    ...replacement,
    ...pairs.slice(position + 1),
  ]
  const name = fc.oneof(fc.constantFrom(...names), text)
  return fc.oneof(
    fc.tuple(name, values).map((added): Pairs => [...pairs, added]),
    index.map((position) => at(position)),
    index.map((position) => [...pairs, ...pairs.slice(position, position + 1)]),
    fc.tuple(index, values).map(([position, value]) => at(position, [pairs[position]?.[0] ?? '', value])),
    fc.tuple(index, name).map(([position, other]) => at(position, [other, pairs[position]?.[1] ?? ''])),
    fc.tuple(index, fc.nat(200), fc.constantFrom('', 'A', '\u0000', '.', '\u00e9')).map(([position, offset, odd]) => {
      const [key = '', value = ''] = pairs[position] ?? []
      return at(position, [key, value.slice(0, offset) + odd + value.slice(offset + 1)])
    }),
  )
}

/** Parameters close to good ones: changed once to three times, or not at all. */
export function changedPairs(good: Pairs, names: readonly string[], values: fc.Arbitrary<string>): fc.Arbitrary<Pairs> {
  const again = (pairs: fc.Arbitrary<Pairs>): fc.Arbitrary<Pairs> =>
    pairs.chain((some) => changeOnce(some, names, values))
  const once = again(fc.constant(good))
  return fc.oneof(fc.constant(good), once, again(once), again(again(once)))
}

/** The form of parameters, now and then a broken one. */
export function encoded(pairs: fc.Arbitrary<Pairs>): fc.Arbitrary<string> {
  const proper = pairs.map((list) => new URLSearchParams(list.map(([name, value]) => [name, value])).toString())
  const raw = pairs.map((list) => list.map((pair) => pair.join('=')).join('&'))
  const cut = fc.tuple(proper, fc.nat(400)).map(([form, length]) => form.slice(0, length))
  return fc.oneof({ weight: 6, arbitrary: proper }, raw, cut, text)
}

/** A JSON text close to a good one, or far from it. */
export function changedJSON(good: Readonly<Record<string, unknown>>): fc.Arbitrary<string> {
  const value = fc.oneof(text, fc.jsonValue({ maxDepth: 3 }), fc.array(text, { maxLength: 15 }))
  const name = fc.oneof(fc.constantFrom(...Object.keys(good)), text)
  const changed = fc
    .array(fc.tuple(name, value), { maxLength: 3 })
    .map((members) => JSON.stringify({ ...good, ...Object.fromEntries(members) }))
  const without = fc.constantFrom(...Object.keys(good)).map((key) => JSON.stringify({ ...good, [key]: undefined }))
  const doubled = fc
    .tuple(name, value)
    .map(([key, other]) => `${JSON.stringify(good).slice(0, -1)},${JSON.stringify(key)}:${JSON.stringify(other)}}`)
  const cut = fc.tuple(changed, fc.nat(300)).map(([whole, length]) => whole.slice(0, length))
  const deep = fc.nat(20_000).map((depth) => `{"redirect_uris":${'['.repeat(depth)}${']'.repeat(depth)}}`)
  return fc.oneof({ weight: 5, arbitrary: changed }, without, doubled, cut, deep, text)
}

/** A text that an HTTP header may hold. */
export const headerText: fc.Arbitrary<string> = text.map((value) =>
  value
    .replace(/[^\t\u0020-\u007e\u0080-\u00ff]/g, '')
    .slice(0, 8000)
    .trim(),
)

/** Methods, known and unknown. */
export const method: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('GET', 'POST') },
  fc.constantFrom('HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH', 'QUERY', 'PROPFIND', 'get', 'PoSt', 'X', 'a|b'),
)

/** Content types, right and wrong. */
export const contentType: fc.Arbitrary<string> = fc.constantFrom(
  'application/x-www-form-urlencoded',
  'application/x-www-form-urlencoded; charset=utf-16',
  'APPLICATION/X-WWW-FORM-URLENCODED ; a="b;c"',
  'application/json',
  'application/json; charset=latin1',
  'application/jose',
  'multipart/form-data; boundary=x',
  'multipart/form-data',
  'text/plain',
  'text/html',
  ';',
  'application/x-www-form-urlencoded, application/json',
)
