/** A vitest reporter that writes down which test shows which check, on which host. @module */
import { writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { root } from '../scripts/root.ts'
import { checks } from './checks.ts'
import { type Evidence, hosts, missingChecks, renderTable } from './table.ts'

const file = join(root, 'packages', 'conformance', 'CHECKS.md')

/** Collects the evidence of a whole run and writes the table. */
export default class ChecksReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const evidence = modules.flatMap((module) => [...module.children.allTests()].flatMap(evidenceOf))
    writeFileSync(file, renderTable(checks, evidence))
    const missing = missingChecks(checks, evidence)
    if (missing.length === 0) return
    console.error(`\nchecks without a passing test on every host: ${missing.join(', ')}`)
    process.exitCode = 1
  }
}

function evidenceOf(test: TestCase): Evidence[] {
  const ids = new Set(test.fullName.match(/\bA\d{3}(?=[a-z]?\b)/g) ?? [])
  const { name } = test.project
  const host = hosts.find((one) => one === name)
  const place = relative(root, test.module.moduleId)
  const outcome = test.result().state
  return [...ids].map((id) => ({ id, host, place, passed: outcome === 'passed', skipped: outcome === 'skipped' }))
}
