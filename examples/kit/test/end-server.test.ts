import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { expect, it } from 'vitest'
import { endServer } from '../src/end-server.ts'

async function listen(listener: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
}

const noSockets: ReadonlySet<Socket> = new Set<Socket>()
const never = async (): Promise<never> => await new Promise(() => {})

it('K004 tells calls to stop, cuts what does not, and waits for what is said about it, in this order', async () => {
  const log: string[] = []
  const { server, url } = await listen((_request, response) => {
    response.once('close', () => {
      // Whoever hears of it has something to do before it can say so.
      setImmediate(() => log.push('reported'))
    })
  })
  const call = fetch(url).catch(() => 'cut')
  await once(server, 'request')
  const began = performance.now()
  const running = {
    endStreams: () => void log.push('streams'),
    endCalls: async () => void log.push('calls'),
    close: async () => void log.push('closed'),
  }
  await endServer(server, noSockets, running, { close: async () => void log.push('store') })
  expect(log).toEqual(['streams', 'calls', 'reported', 'closed', 'store'])
  expect(await call).toBe('cut')
  expect(performance.now() - began).toBeLessThan(5000)
})

it('K004 ends in time when nothing of it does', async () => {
  const { server, url } = await listen(() => {})
  const call = fetch(url).catch(() => 'cut')
  await once(server, 'request')
  const began = performance.now()
  await endServer(server, noSockets, { endCalls: never, close: never }, { close: never })
  expect(performance.now() - began).toBeLessThan(5000)
  expect(await call).toBe('cut')
})

it('lets a call finish that needs a moment, and ends at once after it', async () => {
  let finish = (): void => {}
  const { server, url } = await listen((_request, response) => {
    finish = () => void response.setHeader('connection', 'close').end('done')
  })
  const call = fetch(url)
  await once(server, 'request')
  const ended: string[] = []
  const running = { endCalls: async () => void ended.push('calls'), close: async () => void ended.push('closed') }
  const end = endServer(server, noSockets, running, { close: async () => void ended.push('store') })
  expect(ended).toEqual([])
  finish()
  expect(await (await call).text()).toBe('done')
  await end
  expect(ended).toEqual(['calls', 'closed', 'store'])
})

it('closes the store although what is closed before it fails', async () => {
  const { server } = await listen(() => {})
  const fails = async (): Promise<never> => await Promise.reject(new Error('broken'))
  let isClosed = false
  await endServer(server, noSockets, { endCalls: fails, close: fails }, { close: async () => void (isClosed = true) })
  expect(isClosed).toBe(true)
})
