/** In front of fastmcp: it asks who is calling without saying what is called, so the bodies are read here. @module */
import { randomInt, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, request, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { toWebRequest, writeWebResponse } from '@mcp-auth/core/node'
import { readBounded, toFailure } from '@mcp-auth/example-kit'

/** The way to fastmcp. */
export interface Front {
  /** Reads the body of a request and passes both on. */
  readonly listener: RequestListener
  /** What fastmcp's `authenticate` may ask about a request: its JSON; `undefined` for none. */
  readonly bodyOf: (request: IncomingMessage) => unknown
}

/** Most bytes of a body. */
const maxBodyBytes = 4 * 1024 * 1024
/** Names the body of a request, between here and there. */
const ticketHeader = 'x-front-ticket'
/** These are between two neighbours — [RFC 9110 §7.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1). */
const hopByHop: readonly string[] = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'expect']
/** Preflights of browsers bring no token, and fastmcp answers them; calls it asks about itself. */
const askedMethods: readonly string[] = ['POST', 'OPTIONS']
const ours: readonly string[] = ['content-length', ticketHeader]

/**
 * Creates the way.
 * @param port where fastmcp listens, on loopback
 * @param refuse the answer to a request that may not pass; asked about the methods that fastmcp refuses without asking
 */
export function createFront(port: number, refuse: (request: IncomingMessage) => Promise<Response | undefined>): Front {
  const bodies = new Map<string, unknown>()
  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { method = 'GET', url = '/' } = incoming
    const refusal = askedMethods.includes(method) ? undefined : await refuse(incoming)
    if (refusal) return await writeWebResponse(incoming, outgoing, refusal)
    const text = method === 'POST' ? await readBounded(toWebRequest(incoming, 'http://front', url), maxBodyBytes) : ''
    if (text === undefined) return await writeWebResponse(incoming, outgoing, tooLarge())
    const ticket = randomUUID()
    bodies.set(ticket, parse(text))
    outgoing.once('close', () => bodies.delete(ticket))
    const bytes = Buffer.from(text)
    const kept = without(incoming.rawHeaders, [...hopByHop, ...ours])
    const headers = [...kept, ticketHeader, ticket, 'content-length', String(bytes.length)]
    const onward = request({ host: '127.0.0.1', port, method, path: url, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, without(answer.rawHeaders, hopByHop))
      pipeline(answer, outgoing).catch(() => outgoing.destroy())
    })
    // Whoever goes away ends the call as well.
    outgoing.once('close', () => onward.destroy())
    onward.on('error', () => fail(outgoing))
    onward.end(bytes)
  }
  return {
    listener: (incoming, outgoing) => {
      pass(incoming, outgoing).catch((error: unknown) => {
        toFailure(error, incoming.method ?? 'GET', incoming.url ?? '/')
        fail(outgoing)
      })
    },
    bodyOf: ({ headers }) => bodies.get(String(headers[ticketHeader])),
  }
}

/** Below those that a system gives to whoever asks for any port: nobody gets ours before fastmcp listens there. */
const [firstPort, endOfPorts] = [30_000, 32_000]

/** A port of this machine that is free now. */
export async function findFreePort(): Promise<number> {
  const port = randomInt(firstPort, endOfPorts)
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return await findFreePort()
    throw error
  }
  server.close()
  await once(server, 'close')
  return port
}

/** Header lines, name and value in turn, but not these. Repeated ones stay repeated: they are for the gate to judge. */
function without(rawHeaders: readonly string[], names: readonly string[]): string[] {
  return rawHeaders.filter((_, index) => !names.includes((rawHeaders[index - (index % 2)] ?? '').toLowerCase()))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // It is fastmcp's to say so, once it is known who asks.
    return undefined
  }
}

function tooLarge(): Response {
  const error = { code: -32_000, message: `The request body is larger than ${maxBodyBytes} bytes` }
  return Response.json({ jsonrpc: '2.0', error, id: null }, { status: 413 })
}

function fail(outgoing: ServerResponse): void {
  if (outgoing.headersSent) outgoing.destroy()
  else
    outgoing.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' }).end('{"error":"unavailable"}')
}
