/** The parameters that several tools share, each with a sentence for who gets it wrong. @module */
import * as z from 'zod/mini'
import { isSnowflake } from '../discord/snowflake.ts'

/** An id of Discord. @param description for people and language models */
export function id(description: string): z.ZodMiniString {
  return z
    .string({ error: missingId })
    .check(z.refine(isSnowflake, { error: describeId }), z.meta({ description, pattern: '^[1-9][0-9]{0,19}$' }))
}

/** A list of different ids. */
export function ids(description: string, min: number, max: number): z.ZodMiniType<readonly string[]> {
  return z.array(id('An id'), { error: missing }).check(
    z.refine((list) => list.length >= min && list.length <= max, {
      error: `must be ${min} to ${max} ids`,
      abort: true,
    }),
    z.refine((list) => new Set(list).size === list.length, { error: 'must not name an id twice' }),
    z.meta({ description, minItems: min, maxItems: max, uniqueItems: true }),
  )
}

/**
 * A text that says something.
 * @param max in Unicode code points: so Discord counts, whose API is written in Python
 * @see [Discord on lengths](https://github.com/discord/discord-api-docs/issues/1315)
 */
export function text(description: string, max: number): z.ZodMiniString {
  return z.string({ error: missing }).check(
    // No character, and nothing that could be sent.
    z.refine((value) => !/\p{Surrogate}/u.test(value), { error: 'must be well-formed Unicode' }),
    z.refine((value) => value.trim() !== '', { error: 'must not be empty' }),
    // Units first: a text that is far too long is not worth counting.
    z.refine((value) => value.length <= 2 * max && Array.from(value).length <= max, {
      error: `must have at most ${max} characters`,
    }),
    z.meta({ description, minLength: 1, maxLength: max }),
  )
}

/** A whole number. */
export function count(description: string, min: number, max: number, standard: number): z.ZodMiniType<number> {
  const sentence = `must be a whole number from ${min} to ${max}`
  return z._default(
    z
      .int({ error: sentence })
      .check(z.gte(min, { error: sentence }), z.lte(max, { error: sentence }), z.meta({ description })),
    standard,
  )
}

/** All parameters of a tool: no others are taken, so that a slip of the pen is no parameter left out. */
export function parameters<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodMiniObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: ({ code, keys }) =>
      code === 'unrecognized_keys' && Array.isArray(keys)
        ? `there is no parameter ${keys.join(', ').slice(0, 100)}`
        : 'the parameters must be an object',
  })
}

function describeId({ input }: { readonly input?: unknown }): string {
  const sentence = 'must be an id of Discord: 1 to 20 digits, in a string'
  return typeof input === 'string' && /^0\d*$/.test(input) ? `${sentence}, and does not begin with 0` : sentence
}

/** A JSON number is exact up to 2^53, and ids have more digits. */
function missingId({ input }: { readonly input?: unknown }): string {
  if (typeof input !== 'number') return missing({ input })
  return 'must be a string in quotation marks: ids have more digits than a number keeps'
}

function missing({ input }: { readonly input?: unknown }): string {
  return input === undefined ? 'is required' : 'must be a string, or a list of strings where a list is asked for'
}
