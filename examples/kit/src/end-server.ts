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
 * When each part of the end is over at the latest, in milliseconds after the signal. The contract gives the whole five
 * seconds; a machine that is busy with other things is late for each of them.
 */
const deadlines = {
  /** Requests in progress have finished. */
  finished: 2000,
  /** Calls that have not were told to stop. */
  stopped: 2400,
  /** Their answers were written. */
  answered: 2600,
  /** Connections were cut, and whoever served them has said how that ended. */
  reported: 2900,
  closed: 3300,
  stored: 3700,
} as const

/** What each part has at least, in milliseconds, where a machine that stood still is late for it. */
const least = 150

/** Ends a server in good time, whatever of it hangs. */
export async function endServer(
  server: Server,
  idle: ReadonlySet<Socket>,
  running: EndingServer,
  store: { close(): Promise<void> },
): Promise<void> {
  const signalled = performance.now()
  const until = async (deadline: keyof typeof deadlines): Promise<void> =>
    await sleep(Math.max(least, signalled + deadlines[deadline] - performance.now()))
  // What fails at the end is nobody's to answer any more, and must not keep the rest from happening.
  const inTime = async (deadline: keyof typeof deadlines, work: Promise<void> | undefined): Promise<void> => {
    await Promise.race([work?.catch(() => {}), until(deadline)])
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
  await inTime('finished', closed)
  await inTime('stopped', running.endCalls?.())
  await inTime('answered', closed)
  clearInterval(sweep)
  if (!isClosed) {
    // Whoever serves a connection hears of its end, and reports what it was doing.
    server.closeAllConnections()
    await until('reported')
    for (let turn = 0; turn < 3; turn += 1) await nextTurn()
  }
  await inTime('closed', running.close?.())
  await inTime('stored', store.close())
}
