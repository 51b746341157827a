import { describe, expect, it } from 'vitest'
import { decide, requireAuth } from '../../src/access/predicates.ts'
import { createCallLog } from '../../src/mcp/call-log.ts'
import { type MCPServerLike, protectServer, type TransportLike } from '../../src/mcp/protect-server.ts'
import type { AuthSession } from '../../src/session.ts'
import { aliceSession, bobSession } from '../access/sessions.ts'
import { newTasks } from './connection.ts'

const options = {
  decide: async (_operation: unknown, session: AuthSession | undefined) => await decide(requireAuth, session),
  log: createCallLog(() => {}),
  tasks: newTasks(),
  now: () => 0,
}

/** A transport that writes down what happens to it. */
function fakeTransport(): TransportLike & {
  readonly log: string[]
  handleRequest?: (...values: unknown[]) => Promise<unknown>
} {
  const log: string[] = []
  return {
    log,
    async start() {
      log.push('start')
    },
    async send(message: unknown) {
      log.push(`send ${JSON.stringify(message)}`)
    },
    async handleRequest(...values: unknown[]) {
      log.push(`handle ${values.length}`)
      return await Promise.resolve('handled')
    },
  } as ReturnType<typeof fakeTransport>
}

/** A server that connects as those of the SDK do. */
function fakeServer(): MCPServerLike & { readonly seen: unknown[]; transport?: unknown } {
  const server = {
    seen: [] as unknown[],
    async connect(transport: TransportLike) {
      transport.onmessage = (message: unknown) => server.seen.push(message)
      transport.onclose = () => server.seen.push('closed')
      await transport.start()
    },
  }
  return server
}

async function open(): Promise<{ server: ReturnType<typeof fakeServer>; transport: ReturnType<typeof fakeTransport> }> {
  const server = fakeServer()
  const transport = fakeTransport()
  await protectServer(server, options).connect(transport as never)
  transport.onmessage?.({ jsonrpc: '2.0', id: 1, method: 'ping' } as never, { authInfo: aliceSession() } as never)
  return { server, transport }
}

const alice = { authInfo: aliceSession() }
const bob = { authInfo: bobSession() }

describe('protect', () => {
  it('returns the server it was given', () => {
    const server = fakeServer()
    expect(protectServer(server, options)).toBe(server)
  })

  it('protects the server inside of an McpServer', async () => {
    const inner = fakeServer()
    const outer = { server: inner, connect: async (transport: never) => await inner.connect(transport) }
    const transport = fakeTransport()
    await protectServer(outer, options).connect(transport as never)
    transport.onmessage?.({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a' } } as never)
    await new Promise((resolve) => setImmediate(resolve))
    expect(inner.seen).toEqual([])
    expect(transport.log).toContain(
      'send {"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"Sign in to use this"}}',
    )
  })

  it('throws on a server that is connected: its messages would pass unseen', () => {
    const connected = Object.assign(fakeServer(), { transport: {} })
    const message = 'protect(server) has to be called before the server is connected'
    expect(() => protectServer(connected, options)).toThrow(new TypeError(message))
    expect(() => protectServer({ server: connected, connect: async () => {} }, options)).toThrow(TypeError)
    expect(() => protectServer(Object.assign(fakeServer(), { transport: undefined }), options)).not.toThrow()
  })

  it('once more changes nothing, also when the server is connected by then', async () => {
    const server = fakeServer()
    const outer = { server, connect: async (transport: never) => await server.connect(transport) }
    protectServer(outer, options)
    const connect: unknown = Reflect.get(server, 'connect')
    expect(protectServer(outer, options)).toBe(outer)
    expect(protectServer(server, options)).toBe(server)
    expect(Reflect.get(server, 'connect')).toBe(connect)
    server.transport = {}
    expect(protectServer(server, options)).toBe(server)
  })

  it('by other rules is refused, and leaves the first ones in force', () => {
    const server = fakeServer()
    protectServer(server, options)
    const connect: unknown = Reflect.get(server, 'connect')
    const message = 'the server is protected by another access: put all rules into one createMCPAccess'
    expect(() => protectServer(server, { ...options })).toThrow(new TypeError(message))
    expect(() => protectServer({ server, connect: async () => {} }, { ...options })).toThrow(message)
    expect(Reflect.get(server, 'connect')).toBe(connect)
  })

  it('lets the server know that the connection is closed, and nothing after that', async () => {
    const { server, transport } = await open()
    transport.onclose?.()
    transport.onmessage?.({ jsonrpc: '2.0', id: 2, method: 'ping' } as never, alice as never)
    expect(server.seen).toEqual([{ jsonrpc: '2.0', id: 1, method: 'ping' }, 'closed'])
  })
})

describe('A037 an HTTP request on a connection', () => {
  it.each(['GET', 'POST', 'DELETE'])('of somebody else is a 404 before the transport sees it: %s', async (method) => {
    const { transport } = await open()
    const request = new Request('https://mcp.example/mcp', { method })
    const answer = await transport.handleRequest?.(request, bob)
    expect(answer).toBeInstanceOf(Response)
    const response = answer as Response
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({
      jsonrpc: '2.0',
      id: null,
      error: { code: -32_001, message: 'Session not found' },
    })
    expect(await transport.handleRequest?.(request, {})).toMatchObject({ status: 404 })
    expect(await transport.handleRequest?.(request)).toMatchObject({ status: 404 })
    expect(transport.log).toEqual(['start'])
    expect(await transport.handleRequest?.(request, alice)).toBe('handled')
  })

  it('of somebody else is a 404 in the way of Node as well', async () => {
    const { transport } = await open()
    const written: unknown[] = []
    const response = {
      writeHead: (...values: unknown[]) => written.push(...values),
      end: (text: string) => written.push(text),
    }
    await transport.handleRequest?.({ auth: bobSession() }, response, {})
    await transport.handleRequest?.({}, response, { auth: aliceSession() })
    const answer = [
      404,
      { 'content-type': 'application/json', 'cache-control': 'no-store' },
      '{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}',
    ]
    expect(written).toEqual([...answer, ...answer])
    expect(transport.log).toEqual(['start'])
    expect(await transport.handleRequest?.({ auth: aliceSession() }, response, {})).toBe('handled')
    expect(transport.log).toEqual(['start', 'handle 3'])
  })

  it('passes while the connection is nobody’s', async () => {
    const transport = fakeTransport()
    await protectServer(fakeServer(), options).connect(transport as never)
    expect(await transport.handleRequest?.(new Request('https://mcp.example/mcp'), bob)).toBe('handled')
  })

  it('is none for a transport without HTTP', async () => {
    const transport = fakeTransport()
    delete transport.handleRequest
    await protectServer(fakeServer(), options).connect(transport as never)
    expect(transport).not.toHaveProperty('handleRequest')
  })
})
