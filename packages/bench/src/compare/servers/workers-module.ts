/** Lets Node import what is made for Cloudflare Workers. @module */
import { registerHooks } from 'node:module'

const name = 'cloudflare:workers'
const source = 'export class WorkerEntrypoint {}'

/** Puts an empty module in the place of `cloudflare:workers`. */
export function provideWorkersModule(): void {
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === name ? { url: name, format: 'module', shortCircuit: true } : next(specifier, context),
    load: (url, context, next) =>
      url === name ? { format: 'module', source, shortCircuit: true } : next(url, context),
  })
}
