/** A user's project: an empty folder with the packed packages installed by npm. @module */

import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../scripts/root.ts'
import { run } from './command.ts'
import type { PackedPackage } from './packages.ts'

/** Makes the project and installs the tarballs with the peers that users bring. */
export function install(folder: string, packed: readonly PackedPackage[]): void {
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
  const peers = ['express@5', '@types/express@5', '@types/node@24', 'msw@3', 'vitest@5']
  const tarballs = packed.map(({ tarball }) => tarball)
  run(
    { cwd: folder, asUser: true },
    'npm',
    'install',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '--fetch-retries=5',
    ...tarballs,
    ...peers,
  )
}

/** Entries that only a test runner can load. */
const isForTestRunner = (specifier: string): boolean => specifier.endsWith('-contract')

/** Throws unless the contract suites run in the project's own test runner, and pass. */
export function checkContracts(folder: string, node: string): void {
  const file = 'contracts.test.mjs'
  copyFileSync(join(import.meta.dirname, 'consumer', file), join(folder, file))
  run({ cwd: folder, asUser: true }, node, 'node_modules/vitest/vitest.mjs', 'run', '--testTimeout=20000', file)
}

/** Throws unless `import` and `require` give the same members of every entry. */
export function checkImports(folder: string, node: string, specifiers: readonly string[]): void {
  const program = `
    import { createRequire } from 'node:module'
    const require = createRequire(import.meta.url)
    for (const specifier of ${JSON.stringify(specifiers.filter((one) => !isForTestRunner(one)))}) {
      const imported = await import(specifier)
      const required = require(specifier)
      const names = Object.keys(imported)
      if (names.length === 0) throw new Error(specifier + ' exports nothing')
      for (const name of names) if (imported[name] !== required[name]) throw new Error(specifier + ': two copies of ' + name)
    }`
  writeFileSync(join(folder, 'imports.mjs'), program)
  run({ cwd: folder, asUser: true }, node, 'imports.mjs')
}

/** Throws unless a strict TypeScript project can use every entry. */
export function checkTypes(folder: string, resolution: 'nodenext' | 'bundler', specifiers: readonly string[]): void {
  const lines = specifiers.map((specifier, index) => `export * as entry${index} from '${specifier}'`)
  writeFileSync(join(folder, 'types.ts'), lines.join('\n'))
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'es2022',
    lib: ['ES2023', 'DOM', 'DOM.Iterable'],
    types: ['node'],
    module: resolution === 'nodenext' ? 'nodenext' : 'esnext',
    moduleResolution: resolution,
    skipLibCheck: false,
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['types.ts'] }))
  run({ cwd: folder }, join(root, 'node_modules', '.bin', 'tsc'), '-p', folder)
}
