/** Requests that no client library would send. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TestApp } from './app.ts'

/** A connection on which a test writes bytes itself. */
export interface Connection {
  readonly socket: Socket
  /** Everything that was received once the other side has closed. */
  readonly received: Promise<string>
}

/** Opens it. */
export async function openConnection(app: TestApp): Promise<Connection> {
  const { hostname, port } = new URL(app.origin)
  const socket = connect(Number(port), hostname)
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  // Whoever refuses a body may reset the connection: what was said before counts.
  socket.on('error', () => {})
  const received = new Promise<string>((resolve) => {
    socket.once('close', () => resolve(Buffer.concat(chunks).toString('latin1')))
  })
  await once(socket, 'connect')
  return { socket, received }
}

/** An answer in parts. */
export interface RawAnswer {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** Sends one request as given and returns the answer; the connection is closed after it. */
export async function exchange(app: TestApp, lines: readonly string[], body = ''): Promise<RawAnswer> {
  const { socket, received } = await openConnection(app)
  socket.write([...lines, 'Connection: close', '', body].join('\r\n'), 'latin1')
  return parseAnswer(await received)
}

/** Splits an answer. */
export function parseAnswer(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n')
  return { status: Number(text.slice(9, 12)), head: text.slice(0, end), body: text.slice(end + 4) }
}
