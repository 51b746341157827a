/** A line between client and server that breaks where it is told to. @module */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** The line. */
export interface Forwarder {
  readonly port: number
  /** How many connections are open that have carried a command whose bytes match. */
  carrying(command: RegExp): number
  /** Breaks the connection, once, in place of the answer to a command whose bytes match. The server has done it by then. */
  dropAnswerTo(command: RegExp): void
  /** Swallows every answer from now on, or lets them through again. */
  hold(isHeld: boolean): void
  readonly stop: () => Promise<void>
}

/** Starts a line to a port of loopback. */
export async function startForwarder(target: number): Promise<Forwarder> {
  const sockets = new Set<Socket>()
  let dropped: RegExp | undefined
  let isHeld = false
  const transcripts = new Map<Socket, string>()
  const server = createServer((client) => {
    const onward = connect(target, '127.0.0.1')
    let isDoomed = false
    for (const socket of [client, onward]) {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      socket.on('error', () => {})
    }
    client.on('data', (bytes) => {
      transcripts.set(client, (transcripts.get(client) ?? '') + bytes.toString('latin1'))
      if (dropped?.test(bytes.toString('latin1'))) {
        isDoomed = true
        dropped = undefined
      }
      onward.write(bytes)
    })
    onward.on('data', (bytes) => {
      if (isDoomed) client.destroy()
      else if (!isHeld) client.write(bytes)
    })
    client.once('close', () => {
      transcripts.delete(client)
      onward.destroy()
    })
    onward.once('close', () => client.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    carrying: (command) => [...transcripts.values()].filter((transcript) => command.test(transcript)).length,
    dropAnswerTo: (command) => {
      dropped = command
    },
    hold: (value) => {
      isHeld = value
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
