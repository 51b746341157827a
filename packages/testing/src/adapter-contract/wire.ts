/** A connection on which a test writes bytes itself. @module */
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { connect } from 'node:net'

/** One response of a connection. */
export interface WireResponse {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** An open connection. */
export interface Wire {
  /** Writes lines and a body, exactly as given. */
  write(text: string): void
  /** The next response. `toHead`: the answer to a HEAD request, which has no body whatever its headers say. */
  response(options?: { readonly toHead?: boolean }): Promise<WireResponse>
  /** The status of the next response, as soon as its head is there; {@link response} still gives all of it. */
  status(): Promise<number>
  /** Settles when the connection is closed on both sides. */
  readonly closed: Promise<void>
  /** What broke the connection, such as a reset. */
  failure(): Error | undefined
  /** Drops the connection. */
  drop(): void
}

/** Connects to a server. */
export async function openWire(origin: string): Promise<Wire> {
  const { hostname, port } = new URL(origin)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.setNoDelay(true)
  await once(socket, 'connect')
  let received: Buffer = Buffer.alloc(0)
  let ended = false
  let failure: Error | undefined
  let wake: () => void = () => {}
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    wake()
  })
  const end = (): void => {
    ended = true
    wake()
  }
  socket.on('end', end)
  socket.on('close', end)
  // A server that refused a body may reset the connection; what it said before counts.
  socket.on('error', (error) => {
    failure = error
  })
  const closed = new Promise<void>((resolve) => void socket.on('close', () => resolve()))
  /** Asks again whenever more has arrived. */
  const wait = async <T>(find: () => T | undefined): Promise<T> => {
    for (let found = find(); ; found = find()) {
      if (found !== undefined) return found
      if (ended) throw new Error(`the connection ended after ${JSON.stringify(received.toString('latin1'))}`)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  return {
    closed,
    failure: () => failure,
    write: (text) => void socket.write(text),
    drop: () => socket.destroy(),
    status: async () => await wait(() => parseHead(received)?.status),
    async response({ toHead = false } = {}) {
      const { response, rest } = await wait(() => parseResponse(received, toHead, ended))
      received = rest
      return response
    },
  }
}

/** A request as text; `headers` are lines. */
export function requestText(
  requestLine: string,
  headers: readonly string[],
  body?: string,
  { length = Buffer.byteLength(body ?? '') }: { readonly length?: number } = {},
): string {
  const all = body === undefined ? headers : [...headers, `Content-Length: ${length}`]
  return `${requestLine} HTTP/1.1\r\n${all.join('\r\n')}\r\n\r\n${body ?? ''}`
}

interface Parsed {
  readonly response: WireResponse
  readonly rest: Buffer
}

function parseHead(bytes: Buffer): { status: number; headers: Headers; length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1)]
  })
  return { status: Number(statusLine.split(' ')[1]), headers: new Headers(headers), length: end + 4 }
}

function parseResponse(bytes: Buffer, toHead: boolean, ended: boolean): Parsed | undefined {
  const head = parseHead(bytes)
  if (!head) return undefined
  const { status, headers } = head
  const body = bytes.subarray(head.length)
  const finish = (content: Buffer, length: number): Parsed => ({
    response: { status, headers, text: content.toString('utf8') },
    rest: body.subarray(length),
  })
  if (toHead || status === 204 || status === 304) return finish(Buffer.alloc(0), 0)
  if (headers.get('transfer-encoding') === 'chunked') {
    const chunks = parseChunks(body)
    return chunks && finish(chunks.content, chunks.length)
  }
  const length = headers.has('content-length') ? Number(headers.get('content-length')) : ended ? body.length : Infinity
  return body.length < length ? undefined : finish(body.subarray(0, length), length)
}

function parseChunks(bytes: Buffer): { content: Buffer; length: number } | undefined {
  const parts: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd === -1) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    const next = lineEnd + 2 + size + 2
    if (bytes.length < next) return undefined
    if (size === 0) return { content: Buffer.concat(parts), length: next }
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = next
  }
}
