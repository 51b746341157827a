/** Discord's ids, and the time that is in them. @module */

/** The first second of 2015, in milliseconds since the epoch. */
const discordEpoch = 1_420_070_400_000n
const highest = 2n ** 64n - 1n

/**
 * Whether a text is an id: a whole number of 64 bits that is not zero. Ids stay texts everywhere, since their digits do not
 * fit into a JavaScript number.
 * @see [Snowflakes](https://docs.discord.com/developers/reference#snowflakes)
 */
export function isSnowflake(value: unknown): value is string {
  // Without leading zeros, so that one thing has one id: lists of distinct ids are compared as texts.
  return typeof value === 'string' && /^[1-9]\d{0,19}$/.test(value) && BigInt(value) <= highest
}

/** When the thing with this id came to be, in seconds since the epoch. */
export function snowflakeTime(id: string): number {
  return Number((BigInt(id) >> 22n) + discordEpoch) / 1000
}
