/** Slices of load on one server. @module */
import type { Child } from './children.ts'

/** What a slice came to. */
export interface Slice {
  /** How often the work was done. */
  readonly count: number
  readonly perSecond: number
  /** CPU time of the server for each, in microseconds. */
  readonly cpu: number
}

/** Work on a server, done many times. */
export interface Load {
  /** So many at a time. */
  readonly width: number
  /** Ends after so many seconds... */
  readonly seconds: number
  /** ...or after so many times. */
  readonly most?: number
}

/** Does `work(n)` for n = 0, 1, 2... and looks what it takes. The first that fails fails all. */
export async function runSlice(
  child: Child,
  { width, seconds, most = Infinity }: Load,
  work: (n: number) => Promise<unknown>,
): Promise<Slice> {
  let next = 0
  const cpuBefore = await child.cpu()
  const begin = performance.now()
  const end = begin + seconds * 1000
  const lane = async (): Promise<void> => {
    // At least once each: the first look at the clock may come after the end.
    while (next < most && (next < width || performance.now() < end)) {
      next += 1
      await work(next - 1)
    }
  }
  await Promise.all(Array.from({ length: width }, lane))
  const elapsed = (performance.now() - begin) / 1000
  const cpu = (await child.cpu()) - cpuBefore
  return { count: next, perSecond: next / elapsed, cpu: cpu / next }
}
