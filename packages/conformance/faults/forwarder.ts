/** The one address that clients know: passes requests on to one server after the other, and looks at every answer. @module */
import { once } from 'node:events'
import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server behind the forwarder. */
interface Target {
  readonly port: number
  /** Name of the process that listens there. */
  readonly process: string
}

/** What the forwarder does to connections of clients. */
interface ForwarderFaults {
  /** How many requests, of 1, never arrive. */
  lostRequests: number
  /** How many answers, of 1, are lost when the work is done. */
  lostAnswers: number
}

/** The forwarder. */
export interface Forwarder {
  readonly origin: string
  /** What is behind it, by slot. `undefined`: known to be down. */
  readonly targets: (Target | undefined)[]
  readonly faults: ForwarderFaults
  stop(): Promise<void>
}

/** What the forwarder needs. */
export interface ForwarderOptions {
  /** From 0 on, below 1. */
  readonly chance: () => number
  /** Gets everything that a process sent: status line, headers and body. */
  readonly inspect: (process: string, answer: string) => void
}

/** Says which slot a request is for; without it any will do. */
export const slotHeader = 'x-faults-slot'
/** Says which process answered. */
export const processHeader = 'x-faults-process'

interface Exchange {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly body: Buffer
}

/** Starts the forwarder. */
export async function startForwarder({ chance, inspect }: ForwarderOptions): Promise<Forwarder> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  const targets: (Target | undefined)[] = []
  const faults: ForwarderFaults = { lostRequests: 0, lostAnswers: 0 }
  let turn = 0

  const candidates = (slot: string | undefined): readonly Target[] => {
    const up = slot === undefined ? targets : [targets[Number(slot)]]
    const first = turn++ % Math.max(1, up.length)
    return [...up.slice(first), ...up.slice(0, first)].filter((target) => target !== undefined)
  }
  const answer = async ({ outgoing }: Exchange, target: Target, onward: IncomingMessage): Promise<void> => {
    const parts: Buffer[] = []
    for await (const part of onward) parts.push(part as Buffer)
    const body = Buffer.concat(parts)
    inspect(target.process, `${onward.rawHeaders.join('\n')}\n\n${body.toString()}`)
    if (chance() < faults.lostAnswers) return void outgoing.destroy()
    const headers = { ...onward.headers, [processHeader]: target.process }
    outgoing.writeHead(onward.statusCode ?? 502, headers).end(body)
  }
  const pass = ([target, ...others]: readonly Target[], exchange: Exchange): void => {
    const { incoming, outgoing, body } = exchange
    if (!target) return void outgoing.writeHead(502, { 'retry-after': '1', [processHeader]: 'forwarder' }).end()
    const { [slotHeader]: _slot, connection: _connection, ...headers } = incoming.headers
    const { method, url: path } = incoming
    const onward = httpRequest({ host: '127.0.0.1', port: target.port, method, path, headers, agent })
    const isReused = (): boolean => onward.reusedSocket
    onward.once('response', (response) => void answer(exchange, target, response).catch(() => outgoing.destroy()))
    onward.on('error', (error) => {
      // Nobody listens there: nothing was sent, and any other server will do.
      const isRefused = 'code' in error && error.code === 'ECONNREFUSED' && !isReused()
      if (isRefused) pass(others, exchange)
      else outgoing.destroy()
    })
    onward.end(body)
  }
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const parts: Buffer[] = []
    for await (const part of incoming) parts.push(part as Buffer)
    if (chance() < faults.lostRequests) return void outgoing.destroy()
    const slot = incoming.headers[slotHeader]
    pass(candidates(typeof slot === 'string' ? slot : undefined), { incoming, outgoing, body: Buffer.concat(parts) })
  }

  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => outgoing.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    targets,
    faults,
    async stop() {
      server.close()
      server.closeAllConnections()
      agent.destroy()
      await once(server, 'close')
    },
  }
}
