/** The end of a server: requests finish, what does not finish is told to stop, and everything is reported. @module */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'

/** What a server ends by. */
export interface EndingServer {
  /** Ends streams that wait for something to happen, so that their connections do not hold up the end. */
  readonly endStreams?: (() => void) | undefined
  /** Tells calls in progress to stop; resolves when they were reported. */
  readonly endCalls?: (() => Promise<void>) | undefined
  /** Ends everything else, after the last call. */
  readonly close?: (() => Promise<void>) | undefined
}

/**
 * How long each part of the end takes at most, in milliseconds from its beginning: where a machine that is busy is late
 * for one, the next one still has its time. The contract gives the whole five seconds; these are 3.7.
 */
const limits = {
  /** Requests in progress finish. */
  finish: 2000,
  /** Calls that have not are told to stop. */
  stop: 400,
  /** Their answers are written. */
  answer: 200,
  /** Connections were cut, and whoever served them says how that ended. */
  report: 300,
  close: 400,
  store: 400,
} as const

/** Ends a server in good time, whatever of it hangs. */
export async function endServer(
  server: Server,
  idle: ReadonlySet<Socket>,
  running: EndingServer,
  store: { close(): Promise<void> },
): Promise<void> {
  // What fails at the end is nobody's to answer any more, and must not keep the rest from happening.
  const inTime = async (part: keyof typeof limits, work: Promise<void> | undefined): Promise<void> => {
    await Promise.race([work?.catch(() => {}), sleep(limits[part])])
  }
  let isClosed = false
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      isClosed = true
      resolve()
    })
  })
  running.endStreams?.()
  // A kept-alive connection becomes idle only after its last answer.
  const sweep = setInterval(() => {
    for (const socket of idle) socket.destroy()
  }, 20)
  await inTime('finish', closed)
  await inTime('stop', running.endCalls?.())
  await inTime('answer', closed)
  clearInterval(sweep)
  if (!isClosed) {
    // Whoever serves a connection hears of its end, and reports what it was doing.
    server.closeAllConnections()
    await sleep(limits.report)
    for (let turn = 0; turn < 3; turn += 1) await nextTurn()
  }
  await inTime('close', running.close?.())
  await inTime('store', store.close())
}
