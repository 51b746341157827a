/** A way in for the suite, which has no token. */
import { once } from 'node:events'
import { createServer, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The suite cannot send a token: this adds one, and leaves all else, Host and Origin too, as it came. */
export async function openDoor(mcpURL: string, token: string): Promise<Server> {
  const target = new URL(mcpURL)
  const opened = createServer((incoming, response) => {
    const outgoing = httpRequest({
      host: target.hostname,
      port: target.port,
      path: incoming.url,
      method: incoming.method,
      setHost: false,
      headers: { ...incoming.headers, authorization: `Bearer ${token}` },
    })
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    outgoing.on('error', () => response.destroy())
    incoming.pipe(outgoing)
  })
  opened.listen(0, '127.0.0.1')
  await once(opened, 'listening')
  return opened
}

/** URL of the MCP endpoint behind a door. */
export function addressOf(door: Server): string {
  return `http://127.0.0.1:${(door.address() as AddressInfo).port}/mcp`
}
