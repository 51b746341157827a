/**
 * Everything that has to hold, in one command: build, types, lint with the ring rules, tests, packages as they are published.
 * The last line is `N passed, N failed`; the exit code is 1 if anything failed.
 * @module
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkPackages } from '../packed/check.ts'
import { toolsEnv } from './programs.ts'
import { root } from './root.ts'
import { missingSuites } from './suites.ts'
import { closingLine, failed, passed, skipped, sum, type Tally } from './tally.ts'
import { runTask } from './turbo.ts'
import { vitestTally } from './vitest-tally.ts'

interface Row {
  readonly name: string
  readonly tally: Tally
  readonly note: string
}

function run(command: string, ...args: readonly string[]): number {
  return spawnSync(command, args, { cwd: root, env: toolsEnv, stdio: ['ignore', 'inherit', 'inherit'] }).status ?? 1
}

const rows: Row[] = []
/** Said again at the end, where whoever reads only the last lines of a long run sees them. */
const failures: string[] = []
const inCI = process.env['CI'] === 'true'
// The tests of a server take minutes on each host: in CI all of them, elsewhere Express unless all are asked for.
if (inCI) toolsEnv['MCP_AUTH_TEST_HOSTS'] = 'all'
const onEveryHost = toolsEnv['MCP_AUTH_TEST_HOSTS'] === 'all'

async function section(name: string, check: () => Tally | Promise<Tally>): Promise<void> {
  console.log(`\n--- ${name}`)
  const start = performance.now()
  let tally = failed
  try {
    tally = await check()
  } catch (error) {
    console.error(error)
  }
  rows.push({ name, tally, note: `${((performance.now() - start) / 1000).toFixed(1)} s` })
}

const step =
  (command: string, ...args: readonly string[]): (() => Tally) =>
  () =>
    run(command, ...args) === 0 ? passed : failed

function tests(): Tally {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-auth-test-'))
  const file = join(folder, 'report.json')
  const table = onEveryHost ? ['--reporter=./packages/conformance/checks/reporter.ts'] : []
  const code = run('vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...table)
  const result = vitestTally(file, code)
  rmSync(folder, { recursive: true })
  failures.push(...result.failures)
  return result.tally
}

await section('build', () => (runTask('build') ? passed : failed))
await section('types', () => (runTask('typecheck') ? passed : failed))
await section('format', step('biome', 'check', '.'))
await section('source rules', step('node', 'packages/conformance/scripts/source-rules.ts'))
await section('lint and rings', step('oxlint', '--type-aware'))
await section('tests', tests)
await section('packages', checkPackages)

if (!onEveryHost) {
  const note = 'left out; to run them: set MCP_AUTH_TEST_HOSTS=all'
  rows.push({ name: 'Fastify, Hono, fetch', tally: skipped, note })
}
for (const suite of missingSuites()) {
  rows.push({
    name: `${suite.name} tests`,
    tally: inCI ? failed : skipped,
    note: `left out; to run them: ${suite.cure}`,
  })
}

const total = sum(rows.map((row) => row.tally))
console.log('\n--- summary')
for (const { name, tally, note } of rows) {
  const mark = tally.failed > 0 ? 'FAIL' : tally.passed > 0 ? 'ok' : 'skip'
  console.log(`${mark.padEnd(5)}${name.padEnd(22)}${closingLine(tally)} (${note})`)
}
for (const failure of failures) console.log(`FAIL ${failure.replace(root, '')}`)
if (total.skipped > 0)
  console.log(`${total.skipped} skipped: what is left out above, and contract cases that do not apply`)
console.log(`\n${closingLine({ ...total, skipped: 0 })}`)
process.exitCode = total.failed === 0 ? 0 : 1
