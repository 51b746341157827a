/** A reverse proxy as people run them: its own Host towards the server, and forwarded headers that may say anything. @module */
import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Forwarder {
  readonly origin: string
  /** Names the server behind. */
  target(origin: string): void
}

/** Starts a proxy, for the running test, that calls the server behind it by `host`, or as the client did. */
export async function startForwarder(host?: string): Promise<Forwarder> {
  let behind = new URL('http://127.0.0.1:9')
  const proxy = createServer((incoming, outgoing) => {
    const headers = {
      ...incoming.headers,
      host: host ?? incoming.headers.host,
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'gopher',
      'x-forwarded-prefix': '/evil-path',
      'x-original-url': '/evil-path',
      'x-forwarded-for': '203.0.113.7',
      forwarded: 'for=203.0.113.7;host=evil.example;proto=gopher',
    }
    const { method, url: path } = incoming
    const onward = httpRequest({ host: behind.hostname, port: behind.port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  onTestFinished(async () => {
    proxy.closeAllConnections()
    proxy.close()
    await once(proxy, 'close')
  })
  return {
    origin: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    target: (origin) => {
      behind = new URL(origin)
    },
  }
}
