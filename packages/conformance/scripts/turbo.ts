/** `node turbo.ts build`: runs a task in every package, without telemetry and without a word unless it fails. @module */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { toolsEnv } from './programs.ts'
import { root } from './root.ts'

const env = { ...toolsEnv, TURBO_TELEMETRY_DISABLED: '1' }

/** Runs a task in every package that has it; says what failed, and whether everything passed. */
export function runTask(task: string): boolean {
  const { status, stdout, stderr, error } = spawnSync('turbo', ['run', task, '--output-logs=errors-only'], {
    cwd: root,
    env,
    encoding: 'utf8',
  })
  if (status === 0) return true
  console.error([stdout, stderr, error?.message].filter(Boolean).join('\n'))
  return false
}

const [, program, task] = process.argv
if (program === fileURLToPath(import.meta.url) && task !== undefined) process.exitCode = runTask(task) ? 0 : 1
