/** Ports for servers that tests start. */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Where ports are looked for. Whoever asks the system for any port gets one above: 32768 and up on Linux, 49152 and up
 * elsewhere. So nobody gets ours between its check and the moment when its server listens. Nor is it one of those, such
 * as 10080, that `fetch` and browsers never ask.
 */
const [first, end] = [11_000, 30_000]
/** Each worker has its own slice, so that none gets a port between another one's check and the start of its server. */
const slices = 16
const size = Math.floor((end - first) / slices)
const from = first + (Number(process.env['VITEST_POOL_ID'] ?? 0) % slices) * size
const given = new Set<number>()

/** A port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const port = randomInt(from, from + size)
  if (given.has(port) || !(await isFree(port))) return await freePort()
  given.add(port)
  return port
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (error) {
    if (Object(error).code === 'EADDRINUSE') return false
    throw error
  }
  server.close()
  await once(server, 'close')
  return true
}
