/** Requests to configured addresses on Node: its own client costs a fraction of its `fetch`. @module */
import { Buffer } from 'node:buffer'
import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import https from 'node:https'
import { type Duplex, pipeline, type Readable, type Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import type { PlatformFetch } from './platform.ts'

/** What is longer than this, in bytes, arrives as a stream that breaks off. */
const maxBufferedBytes = 1024 * 1024
/** [Fetch](https://fetch.spec.whatwg.org/#null-body-status) allows these no body. */
const bodilessStatuses: readonly number[] = [101, 103, 204, 205, 304]

/**
 * As `fetch` with `redirect: 'manual'`, for bodies that are text. Connections are kept alive by the global agents of
 * Node, so that what an operator sets there, such as a proxy, holds here too.
 */
export const platformFetch: PlatformFetch = async (url, init) => {
  const body = init.body === undefined || init.body === null ? undefined : textOf(init.body)
  const headers = Object.fromEntries(new Headers(init.headers))
  if (init.body instanceof URLSearchParams)
    headers['content-type'] ??= 'application/x-www-form-urlencoded;charset=UTF-8'
  const options: RequestOptions = {
    method: init.method ?? 'GET',
    headers: {
      accept: '*/*',
      'user-agent': 'mcp-auth',
      ...headers,
      'accept-encoding': 'identity',
      ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
    },
    ...(init.signal ? { signal: init.signal } : {}),
  }
  return await toResponse(await send(new URL(url), options, body))
}

function textOf(body: BodyInit): string {
  if (typeof body === 'string') return body
  if (body instanceof URLSearchParams) return body.toString()
  throw new TypeError('a body must be text or a form')
}

async function send(url: URL, options: RequestOptions, body: string | undefined): Promise<IncomingMessage> {
  // Looked up at each call, so that what takes its place in a test is met.
  const { request: start } = url.protocol === 'https:' ? https : http
  return await new Promise((resolve, reject) => {
    const outgoing: ClientRequest = start(url, options, resolve)
    outgoing.on('error', (error) => {
      // The server had closed a connection that waited; only what changes nothing may be sent again.
      const isStale =
        outgoing.reusedSocket && 'code' in error && error.code === 'ECONNRESET' && options.method === 'GET'
      if (isStale && options.signal?.aborted !== true)
        send(url, { ...options, agent: false }, body).then(resolve, reject)
      else reject(error)
    })
    outgoing.on('upgrade', (_answer, socket: Duplex) => {
      socket.destroy()
      reject(new Error('the server switched protocols'))
    })
    outgoing.end(body)
  })
}

async function toResponse(message: IncomingMessage): Promise<Response> {
  const headers = new Headers()
  const { rawHeaders, statusCode = 0 } = message
  for (let n = 0; n + 1 < rawHeaders.length; n += 2) headers.append(rawHeaders[n] ?? '', rawHeaders[n + 1] ?? '')
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of decoded(message)) {
    if (!(chunk instanceof Uint8Array)) continue
    chunks.push(chunk)
    length += chunk.length
    if (length > maxBufferedBytes) return new Response(endless(Buffer.concat(chunks)), { status: statusCode, headers })
  }
  const body = bodilessStatuses.includes(statusCode) ? null : Buffer.concat(chunks)
  return new Response(body, { status: statusCode, headers })
}

/** Some servers have a file in one encoding only, whatever is asked for. */
const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

function decoded(message: IncomingMessage): Readable {
  const encoding = message.headers['content-encoding']?.toLowerCase() ?? 'identity'
  if (encoding === 'identity') return message
  const create = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined
  if (!create) throw new Error('an encoding nobody asked for')
  // An error of either ends both, and the loop that reads the decoder hears of it.
  return pipeline(message, create(), () => {})
}

/** Leaving the loop above has ended the connection: what was read is not the whole. */
function endless(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => controller.enqueue(bytes),
    pull: (controller) => controller.error(new Error('the answer is too long')),
  })
}
