/** Processes with one server each, seen from the one that measures. @module */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { env } from 'node:process'
import { fileURLToPath } from 'node:url'
import type { Question } from './child.ts'
import type { Site } from './flow.ts'
import type { LoopbackIdP } from './idp.ts'
import { createSender, type Sender } from './load.ts'
import { type VariantName, variants } from './variants.ts'

/** A server in a process of its own. */
export interface Child {
  readonly name: VariantName
  readonly site: Site
  readonly sender: Sender
  /** CPU time it has used, in microseconds. */
  readonly cpu: () => Promise<number>
  /** Bytes it holds, once garbage is collected. */
  readonly heap: () => Promise<number>
  readonly stop: () => Promise<void>
}

/** Starts one, with options for Node if need be. */
export async function startChild(name: VariantName, idp: LoopbackIdP, options: readonly string[] = []): Promise<Child> {
  const child = fork(fileURLToPath(new URL('child.ts', import.meta.url)), [name], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: ['--expose-gc', ...options],
    env: { PATH: env['PATH'], NODE_ENV: 'production' },
  })
  let complaints = ''
  child.stderr?.on('data', (part) => (complaints = (complaints + String(part)).slice(-2000)))
  const gone = once(child, 'exit')
  const failure = gone.then(() => {
    throw new Error(`${name} ended: ${complaints}`)
  })
  failure.catch(() => {})
  const ask = async (question: Question): Promise<number> => {
    const reply: Promise<readonly unknown[]> = once(child, 'message')
    child.send(question)
    const [value] = await Promise.race([reply, failure])
    return Number(value)
  }
  const sender = createSender(await ask({ ask: 'start', idp: idp.address }))
  return {
    name,
    sender,
    site: { variant: variants[name], send: sender.send, idp },
    cpu: async () => await ask({ ask: 'cpu' }),
    heap: async () => await ask({ ask: 'heap' }),
    async stop() {
      sender.close()
      child.disconnect()
      await gone
    },
  }
}
