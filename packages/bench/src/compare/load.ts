/** Requests to a server on loopback, on connections that are kept. @module */
import { Buffer } from 'node:buffer'
import { Agent, request as httpRequest, type RequestOptions } from 'node:http'
import { origin } from './server.ts'

/** An answer, read whole. */
export interface Answer {
  /** Method and path of the request, for messages. */
  readonly request: string
  readonly status: number
  readonly location: string | undefined
  readonly cookies: readonly string[]
  readonly text: string
}

/** Sends a request. */
export type Send = (
  method: 'GET' | 'POST',
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
) => Promise<Answer>

/** Sends, and lets go of its connections. */
export interface Sender {
  readonly send: Send
  /** Requests sent so far. */
  readonly count: () => number
  readonly close: () => void
}

const { host } = new URL(origin)

/**
 * Creates one for the server at a port. Requests say that TLS ended in front of it. One that meets a connection which the
 * server closes at that moment, since nobody used it, is sent again
 * ([as Node advises](https://nodejs.org/api/http.html#requestreusedsocket)).
 */
export function createSender(port: number): Sender {
  const agent = new Agent({ keepAlive: true })
  let count = 0
  const attempt = async (options: RequestOptions, body: string | undefined): Promise<Answer | undefined> =>
    await new Promise((resolve, reject) => {
      const request = httpRequest({ ...options, agent, host: '127.0.0.1', port }, (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (part) => (text += String(part)))
        answer.on('error', reject)
        answer.on('end', () =>
          resolve({
            request: `${options.method} ${options.path?.split('?')[0]}`,
            status: answer.statusCode ?? 0,
            location: answer.headers.location,
            cookies: answer.headers['set-cookie'] ?? [],
            text,
          }),
        )
      })
      request.on('error', (error: NodeJS.ErrnoException) => {
        if (request.reusedSocket && error.code === 'ECONNRESET') resolve(undefined)
        else reject(error)
      })
      request.end(body)
    })
  const send: Send = async (method, path, headers, body) => {
    count += 1
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    const options = { method, path, headers: { host, 'x-forwarded-proto': 'https', ...headers, ...length } }
    const answer = (await attempt(options, body)) ?? (await attempt(options, body))
    if (!answer) throw new Error(`${method} ${path}: the server closes every connection`)
    return answer
  }
  return { send, count: () => count, close: () => agent.destroy() }
}
