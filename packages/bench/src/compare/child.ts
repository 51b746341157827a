/** A server of the comparison in a process of its own: `node child.ts <variant>`, then it does as it is told. @module */
import process from 'node:process'
import { getHeapSpaceStatistics } from 'node:v8'
import type { IdPAddress } from './server.ts'
import { type VariantName, variants } from './variants.ts'

/** What the parent asks. */
export type Question =
  | { readonly ask: 'start'; readonly idp: IdPAddress }
  /** CPU time so far, in microseconds. */
  | { readonly ask: 'cpu' }
  /** Bytes in use after a collection; needs `--expose-gc`. */
  | { readonly ask: 'heap' }

/** Where V8 keeps objects and texts: what it compiles comes and goes as it sees fit. */
const dataSpaces = ['new_space', 'old_space', 'large_object_space', 'new_large_object_space']

async function answer(question: Question): Promise<number> {
  if (question.ask === 'start') return (await variants[process.argv[2] as VariantName].start(question.idp)).port
  if (question.ask === 'heap') return await measureHeap()
  const { user, system } = process.cpuUsage()
  return user + system
}

async function measureHeap(): Promise<number> {
  if (!gc) throw new Error('start it with --expose-gc')
  for (let round = 0; round < 3; round += 1) {
    // What a request leaves behind may be freed only after its last callback.
    await new Promise((resolve) => setImmediate(resolve))
    gc()
  }
  const spaces = getHeapSpaceStatistics().filter((space) => dataSpaces.includes(space.space_name))
  return spaces.reduce((sum, space) => sum + space.space_used_size, 0)
}

process.on('message', (question: Question) => void answer(question).then((value) => process.send?.(value)))
process.on('disconnect', () => process.exit())
