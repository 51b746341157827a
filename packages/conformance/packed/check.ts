/** The packages as users get them: packed, linted, installed from the tarballs, imported and type-checked. @module */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { failed, passed, sum, type Tally } from '../scripts/tally.ts'
import { nodes, run } from './command.ts'
import { checkContracts, checkImports, checkTypes, install } from './consumer.ts'
import { checkLogin } from './login.ts'
import { checkContents, type PackedPackage, pack, publishedPackages } from './packages.ts'

type Check = readonly [name: string, run: () => unknown]

async function perform([name, check]: Check): Promise<Tally> {
  try {
    await check()
    console.log(`ok   ${name}`)
    return passed
  } catch (error) {
    console.log(`FAIL ${name}\n${error instanceof Error ? error.message : String(error)}`)
    return failed
  }
}

function packageChecks(folder: string, packed: PackedPackage): readonly Check[] {
  const { name, tarball } = packed
  return [
    [`${name} holds what it should`, () => checkContents(packed, folder)],
    [`${name} passes publint`, () => run({ cwd: folder }, 'publint', 'run', tarball, '--strict')],
    [`${name} passes attw`, () => run({ cwd: folder }, 'attw', tarball, '--profile', 'esm-only')],
  ]
}

function consumerChecks(folder: string, packed: readonly PackedPackage[]): readonly Check[] {
  const specifiers = packed.flatMap((one) => one.specifiers)
  return [
    ...nodes().map(
      ({ version, path }): Check => [
        `import and require give the same on Node ${version}`,
        () => checkImports(folder, path, specifiers),
      ],
    ),
    ...nodes().map(
      ({ version, path }): Check => [`a client logs in on Node ${version}`, () => checkLogin(folder, path)],
    ),
    ['the contract suites run', () => checkContracts(folder, process.execPath)],
    ['types resolve with moduleResolution nodenext', () => checkTypes(folder, 'nodenext', specifiers)],
    ['types resolve with moduleResolution bundler', () => checkTypes(folder, 'bundler', specifiers)],
  ]
}

/** Performs checks one after the other. */
async function performAll(checks: readonly Check[]): Promise<Tally> {
  const tallies: Tally[] = []
  for (const check of checks) tallies.push(await perform(check))
  return sum(tallies)
}

/** Runs every check, prints a line for each, and counts them. Expects the packages to be built. */
export async function checkPackages(): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-auth-packed-'))
  const consumer = join(folder, 'consumer')
  const packed: PackedPackage[] = []
  try {
    const packing = await performAll(
      publishedPackages().map((one) => [`${one.name} packs`, () => packed.push(pack(one, folder))]),
    )
    const each = await performAll(packed.flatMap((one) => packageChecks(folder, one)))
    const installing = await perform(['the tarballs install with npm', () => install(consumer, packed)])
    const using = installing.failed > 0 ? sum([]) : await performAll(consumerChecks(consumer, packed))
    return sum([packing, each, installing, using])
  } finally {
    rmSync(folder, { recursive: true })
  }
}
