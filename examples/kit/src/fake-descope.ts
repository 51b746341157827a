/** A Descope project to try things out with, on a port of this machine. @module */
import { createFakeDescope, type FakeDescope, type FakeDescopeOptions } from '@mcp-auth/provider-descope/mocks'
import { type LoopbackServer, serveLoopback } from './serve-loopback.ts'

/** The fake, and how to end it. */
export interface RunningFakeDescope extends LoopbackServer {
  readonly fake: FakeDescope
}

/** Starts the fake. Unless told otherwise its login page asks who you want to be; there are no passwords. */
export async function startFakeDescope(
  options: Omit<FakeDescopeOptions, 'baseUrl'> = { settings: { interactive: true }, record: false },
): Promise<RunningFakeDescope> {
  return await serveLoopback((baseUrl) => createFakeDescope({ ...options, baseUrl }))
}
