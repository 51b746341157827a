/** Discord's ids, which have their time in them. @module */

/** First millisecond of 2015, the start of [Discord's time](https://docs.discord.com/developers/reference#snowflakes). */
const discordEpoch = 1_420_070_400_000n

/** Bits below the time: worker, process and a counter. */
const counterBits = 22n

/**
 * Creates the issuer of ids: never the same one twice.
 * @throws TypeError for a moment before 2015.
 */
export function createIdIssuer(now: () => number): (time?: number) => string {
  let counter = 0n
  return (time = now()) => {
    const milliseconds = BigInt(Math.floor(time * 1000)) - discordEpoch
    if (milliseconds < 0n) throw new TypeError('there are no Discord ids before 2015')
    counter = (counter + 1n) & 0xfffn
    return String((milliseconds << counterBits) | counter)
  }
}

/** When an id was issued, in seconds since the epoch. */
export function timeOfId(id: string): number {
  return Number((BigInt(id) >> counterBits) + discordEpoch) / 1000
}

/** Whether a text is an id as Discord reads it: a number of 64 bits. */
export function isId(text: unknown): text is string {
  return typeof text === 'string' && /^\d{1,20}$/.test(text) && BigInt(text) < 1n << 64n
}

/** Discord's time format: microseconds and an offset. */
export function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('Z', '000+00:00')
}

/** Order of ids, which is order of time. */
export function compareIds(left: string, right: string): number {
  const difference = BigInt(left) - BigInt(right)
  if (difference === 0n) return 0
  return difference < 0n ? -1 : 1
}
