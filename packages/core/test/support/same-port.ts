/** Two servers at one port of different addresses. @module */

/**
 * Starts a server at a port the system chooses, and another one at the same port of another address. Where somebody
 * else has that port there, another pair is tried: the system promises it for the first address only.
 */
export async function startAtOnePort<First extends { readonly port: number }, Second>(
  first: () => Promise<First>,
  second: (port: number) => Promise<Second>,
): Promise<readonly [First, Second]> {
  for (;;) {
    const one = await first()
    try {
      return [one, await second(one.port)]
    } catch (error) {
      if (Object(error).code !== 'EADDRINUSE') throw error
    }
  }
}
