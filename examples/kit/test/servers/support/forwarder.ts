/** The one address that clients know, in front of one server after the other or of several at once. */
import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A forwarder. Each request goes to the next of its servers. */
export interface Forwarder {
  readonly origin: string
  /** Ports of the servers behind it. */
  targets: readonly number[]
  /** Called once, and waited for, before the next request to a path is passed on. */
  before(path: string, work: () => Promise<void>): void
}

/** Starts a forwarder for the running test. */
export async function startForwarder(): Promise<Forwarder> {
  const errands = new Map<string, () => Promise<void>>()
  let turn = 0
  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { method, url = '/', headers } = incoming
    const path = url.split('?', 1)[0] ?? url
    const errand = errands.get(path)
    errands.delete(path)
    await errand?.()
    const port = forwarder.targets[turn++ % forwarder.targets.length]
    const onward = httpRequest({ host: '127.0.0.1', port, method, path: url, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.pipe(outgoing)
    })
    onward.once('error', () => outgoing.writeHead(502).end())
    incoming.pipe(onward)
  }
  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => outgoing.writeHead(500).end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  const forwarder: Forwarder = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    targets: [],
    before: (path, work) => void errands.set(path, work),
  }
  return forwarder
}
