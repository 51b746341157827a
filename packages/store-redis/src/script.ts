/** The one operation that no command of Redis does: compare, and then write. @module */
import { createHash } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'

/** An absent key is `false` here, which equals no text. The keys of a script have to be on one node: there is one. */
const script = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`

const digest = createHash('sha1').update(script).digest('hex')

/**
 * Replaces `expected` by `next`, for so many milliseconds; resolves to `false` when the stored value is another.
 * @see [EVALSHA](https://redis.io/docs/latest/commands/evalsha/): a script runs as one, and only where it is known
 */
export async function compareAndSwap(
  client: Redis | Cluster,
  key: string,
  expected: string,
  next: string,
  milliseconds: number,
): Promise<boolean> {
  try {
    return (await client.evalsha(digest, 1, key, expected, next, milliseconds)) === 1
  } catch (error) {
    // A server that does not know the script has done nothing; `EVAL` makes it known.
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
    return (await client.eval(script, 1, key, expected, next, milliseconds)) === 1
  }
}
