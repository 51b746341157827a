/** Prints how many milliseconds imports take: `node import-time.ts <module>...`. @module */
import { argv, stdout } from 'node:process'
import { provideWorkersModule } from './servers/workers-module.ts'

const modules = argv.slice(2)
if (modules.some((name) => name.startsWith('@cloudflare/'))) provideWorkersModule()
const begin = performance.now()
for (const name of modules) await import(name)
stdout.write(`${performance.now() - begin}`)
