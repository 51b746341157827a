/** Rules on sources that the linter has no rule for. Prints each breach and exits 1 if there is one. @module */

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.ts'

interface SourceRule {
  readonly files: readonly string[]
  readonly breach: RegExp
  readonly message: string
}

const rules: readonly SourceRule[] = [
  {
    files: [
      'packages/core/src/{errors,refusals,session,store,provider,events,verifier}.ts',
      'packages/core/src/{protocol,access,proxy}/**/*.ts',
    ],
    // `new Date`, `new Date()` and `Date()`; `new Date(now)` is a pure function of its argument.
    breach: /\bnew Date\b(?!\s*\(\s*[^)\s])|(?<!new )\bDate\s*\(/g,
    message: 'Rings 0 and 1 read no clock: time comes in as `now: number`.',
  },
  {
    files: ['packages/*/{src,test}/**/*.ts', 'examples/*/{src,test}/**/*.ts'],
    breach: /\b(?:oxlint|eslint)-disable|\bbiome-ignore|@ts-(?:ignore|nocheck)/g,
    message: 'No rule is switched off by a comment.',
  },
]

for (const { files, breach, message } of rules) {
  for (const file of globSync([...files], { cwd: root })) {
    const text = readFileSync(join(root, file), 'utf8')
    for (const match of text.matchAll(breach)) {
      console.error(`${file}:${text.slice(0, match.index).split('\n').length}: ${message}`)
      process.exitCode = 1
    }
  }
}
