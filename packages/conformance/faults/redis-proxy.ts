/** The line between one server and Redis, which delays, swallows and breaks what is told to it. @module */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * How the line is. `deaf`: what the server says is lost. `mute`: what Redis answers is lost. `silent`: both. A
 * connection that lost a part stays half open: nobody tells its ends, even when the line is good again.
 */
export type LineState = 'good' | 'slow' | 'deaf' | 'mute' | 'silent' | 'refusing'

/** The line. */
export interface RedisProxy {
  readonly port: number
  /** Milliseconds that each part takes on a slow line. */
  delay: number
  state: LineState
  /** Breaks all connections now, with what is on its way in either direction. */
  cut(): void
  /** Breaks a connection in place of its next answer: Redis has done the work by then. */
  cutNextAnswer(): void
  stop(): Promise<void>
}

/** Opens a line to a port of loopback. */
export async function startRedisProxy(target: number): Promise<RedisProxy> {
  const sockets = new Set<Socket>()
  let isAnswerDoomed = false
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.setNoDelay(true).once('close', () => sockets.delete(socket))
    // Broken on purpose; its other end hears of it by `close`.
    socket.on('error', () => {})
  }
  const pass = (from: Socket, to: Socket, swallowed: readonly LineState[]): void => {
    let last: Promise<void> = Promise.resolve()
    let isLost = false
    from.on('data', (bytes) => {
      isLost ||= swallowed.includes(proxy.state)
      if (isLost) return
      const wait = proxy.state === 'slow' ? sleep(proxy.delay) : Promise.resolve()
      // In the order in which it came.
      last = Promise.all([last, wait]).then(() => void (to.destroyed || to.write(bytes)))
    })
    from.once('close', () => to.destroy())
  }
  const server = createServer((client) => {
    if (proxy.state === 'refusing') return void client.destroy()
    const onward = connect(target, '127.0.0.1')
    keep(client)
    keep(onward)
    onward.on('data', () => {
      if (!isAnswerDoomed) return
      isAnswerDoomed = false
      client.destroy()
    })
    pass(client, onward, ['deaf', 'silent'])
    pass(onward, client, ['mute', 'silent'])
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  const proxy: RedisProxy = {
    port: (server.address() as AddressInfo).port,
    delay: 0,
    state: 'good',
    cut,
    cutNextAnswer: () => {
      isAnswerDoomed = true
    },
    async stop() {
      server.close()
      cut()
      await once(server, 'close')
    },
  }
  return proxy
}
