/** Node request → web `Request`. Structural types: no framework and no `node:` import. @module */

/** The part of `http.IncomingMessage` we read. */
export interface NodeRequest extends AsyncIterable<unknown> {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly rawHeaders: readonly string[]
  readonly complete: boolean
  readonly readableEnded: boolean
  resume(): unknown
  once(event: 'close', listener: () => void): unknown
}

/** The part of `http.ServerResponse` we write. */
export interface NodeResponse {
  statusCode: number
  setHeader(name: string, value: string): unknown
  appendHeader(name: string, value: string): unknown
  flushHeaders(): unknown
  write(chunk: Uint8Array): boolean
  end(): unknown
  once(event: 'drain' | 'close', listener: () => void): unknown
  readonly destroyed: boolean
}

/**
 * Converts a request. The origin comes from configuration, never from a header; the target is the path as it was
 * sent, before any router cut it. Repeated headers stay visible as repeated. `parsedBody` is what a body parser that
 * ran before left behind.
 */
export function toWebRequest(request: NodeRequest, origin: string, target: string, parsedBody?: unknown): Request {
  const headers = new Headers()
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    appendHeader(headers, request.rawHeaders[index] ?? '', request.rawHeaders[index + 1] ?? '')
  }
  // `fetch` forbids TRACE. Any method that no endpoint has is refused in the same way.
  const method = request.method === 'TRACE' ? 'NONE' : (request.method ?? 'GET')
  // Only the path and query of the target count: an absolute-form target could name another host.
  const parsed = URL.canParse(target, origin) ? new URL(target, origin) : new URL(origin)
  const url = origin + (target.startsWith('//') ? '/' : parsed.pathname + parsed.search)
  if (method === 'GET' || method === 'HEAD') return new Request(url, { method, headers })
  const body = wasParsed(request, parsedBody) ? encodeParsed(parsedBody, headers) : stream(request)
  // The DOM types do not know `duplex`, which fetch requires for a streamed body.
  const init: RequestInit & { duplex: 'half' } = { method, headers, body, duplex: 'half' }
  return new Request(url, init)
}

/** Method, target and headers of a request, for decisions that need no body: much cheaper than a web `Request`. */
export function toRequestHead(
  request: Pick<NodeRequest, 'method' | 'rawHeaders'>,
  origin: string,
  target: string,
): { readonly method: string; readonly url: string; readonly headers: { get(name: string): string | null } } {
  const { rawHeaders, method = 'GET' } = request
  const get = (name: string): string | null => {
    let value: string | null = null
    for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
      if (rawHeaders[index]?.toLowerCase() !== name) continue
      // Repeated headers arrive joined, as in a web request.
      value = value === null ? (rawHeaders[index + 1] ?? '') : `${value}, ${rawHeaders[index + 1] ?? ''}`
    }
    return value
  }
  // Of an absolute-form target only path and query count. They stay as written: routers do not normalise them either.
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '')
  return { method, url: origin + (path.startsWith('/') ? path : '/'), headers: { get } }
}

function appendHeader(headers: Headers, name: string, value: string): void {
  if (name.startsWith(':')) return
  headers.append(name, value)
}

/** A body parser has read the stream: `body` is all that is left. */
function wasParsed(request: NodeRequest, body: unknown): boolean {
  return body !== undefined && request.readableEnded
}

/** Encodes a parsed body again. Values that are not texts cannot come from a plain form and are left out. */
function encodeParsed(body: unknown, headers: Headers): string | Uint8Array<ArrayBuffer> {
  headers.delete('content-length')
  headers.delete('content-encoding')
  if (typeof body === 'string') return body
  if (body instanceof Uint8Array) return new Uint8Array(body)
  if (!/^application\/x-www-form-urlencoded\b/i.test(headers.get('content-type') ?? '')) return JSON.stringify(body)
  const form = new URLSearchParams()
  for (const [name, value] of entriesOf(body)) {
    // A repeated parameter is a list of two or more; a list of one was written `name[]`, which is another name.
    const values: unknown[] = Array.isArray(value) && value.length > 1 ? value : [value]
    for (const one of values) if (typeof one === 'string') form.append(name, one)
  }
  return form.toString()
}

function entriesOf(body: unknown): [string, unknown][] {
  return typeof body === 'object' && body !== null ? Object.entries(body) : []
}

const encoder = new TextEncoder()

function stream(request: NodeRequest): ReadableStream<Uint8Array> {
  const iterator = request[Symbol.asyncIterator]()
  const source: UnderlyingDefaultSource<Uint8Array> = {
    async pull(controller) {
      const part = await iterator.next()
      if (part.done) controller.close()
      // Texts come when somebody has set an encoding.
      else controller.enqueue(part.value instanceof Uint8Array ? part.value : encoder.encode(String(part.value)))
    },
    // Not returned: that would destroy the connection before the answer is written.
    cancel: () => void discard(iterator),
  }
  // Nothing is read ahead: a body nobody asks for stays where it is.
  return new ReadableStream(source, { highWaterMark: 0 })
}

/** Reads on, so that the next request on the connection can be reached. */
async function discard(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    for (let part = await iterator.next(); !part.done; ) part = await iterator.next()
  } catch {
    // The client went away.
  }
}
