/** The life of an example server: configuration, ready line, signals, exit code. @module */
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { ConfigurationError, type Environment, nameVariable, readEnvironment } from '@mcp-auth/core'
import { openAuditLog } from './audit-log.ts'
import { readClientsFile } from './clients-file.ts'
import { type EndingServer, endServer } from './end-server.ts'
import { type OpenStore, openStore } from './open-store.ts'
import { createServerStart, type ServerStart } from './server-start.ts'

/** A server that was put together. */
export interface RunningServer extends EndingServer {
  /** What answers requests: an Express application, or anything else that Node's own server calls. */
  readonly listener: RequestListener
  /** Public URL of the MCP endpoint. */
  readonly resource: string
}

/** `EX_CONFIG` of sysexits.h: a configuration that cannot work. */
const configurationExitCode = 78

/**
 * Runs a server until it is told to stop, and ends the process. Standard output gets the ready line and nothing else.
 * @param build puts the server together; it listens by then, so that the options know the port
 * @param variables options of a provider package and the variables they come from
 */
export async function runServer(
  build: (start: ServerStart) => Promise<RunningServer>,
  variables: Readonly<Record<string, string>> = {},
): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    // Package managers pass a signal on that the terminal has sent already: the second one means nothing.
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve())
  })
  try {
    const { server, idle, running, store } = await startServer(build)
    process.stdout.write(`mcp-auth ready ${running.resource}\n`)
    await stopped
    await endServer(server, idle, running, store)
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    console.error(`configuration error: ${nameVariable(error, variables).message}`)
    process.exit(configurationExitCode)
  }
  process.exit(0)
}

interface StartedServer {
  readonly server: Server
  readonly idle: ReadonlySet<Socket>
  readonly running: RunningServer
  readonly store: OpenStore
}

async function startServer(build: (start: ServerStart) => Promise<RunningServer>): Promise<StartedServer> {
  const variables = process.env
  const environment = readEnvironment(variables)
  const clients = readClientsFile(environment.clientsFile)
  const audit = openAuditLog(environment.auditLog)
  const store = openStore(environment.store)

  let listener: RequestListener = (_request, response) => {
    response.writeHead(503, { 'retry-after': '1', connection: 'close' }).end()
  }
  const server = createServer((request, response) => listener(request, response))
  const idle = trackIdleSockets(server)
  const port = await listen(server, environment)
  const notices: string[] = []
  const notice = (sentence: string): void => void notices.push(sentence)
  const running = await build(createServerStart({ environment, variables, clients, store, audit, port, notice }))
  listener = running.listener
  for (const sentence of notices) console.error(sentence)
  return { server, idle, running, store }
}

async function listen(server: Server, { host, port }: Environment): Promise<number> {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
    if (code === 'EADDRINUSE') throw new ConfigurationError('PORT', `port ${port} is in use; choose another one`)
    if (code === 'EACCES') throw new ConfigurationError('PORT', `port ${port} needs more rights than this process has`)
    throw new ConfigurationError('HOST', `cannot be listened on (${code}); use 127.0.0.1 or an address of this machine`)
  }
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

/** The connections without a request in progress. Node's own list leaves out those that never had one. */
function trackIdleSockets(server: Server): ReadonlySet<Socket> {
  const idle = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    idle.add(socket)
    socket.once('close', () => idle.delete(socket))
  })
  server.on('request', ({ socket }, response) => {
    idle.delete(socket)
    response.once('close', () => {
      if (!socket.destroyed) idle.add(socket)
    })
  })
  return idle
}
