/** Runs programs for the package checks. @module */

import { spawnSync } from 'node:child_process'
import { delimiter } from 'node:path'
import { machineFolders, machineProgram, toolsEnv } from '../scripts/programs.ts'
import { root } from '../scripts/root.ts'

/** What a user's shell has: no `npm_*` settings of the package manager that started us, no tools of this repository. */
const userEnv: NodeJS.ProcessEnv = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|pnpm_|NODE_PATH$)/i.test(name))),
  PATH: machineFolders.join(delimiter),
}

export interface Command {
  readonly cwd: string
  /** Run as the user of a package would, not as a script of this repository. */
  readonly asUser?: boolean
}

/** Runs a program to its end and returns its standard output. Throws with what it printed unless it exits 0. */
export function run({ cwd, asUser = false }: Command, command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env: asUser ? userEnv : toolsEnv,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (status === 0) return stdout
  throw new Error([error?.message ?? `${command} exited with ${status}`, stdout, stderr].join('\n').trim(), {
    cause: error,
  })
}

/** The Node that runs this, and the machine's own where that is another one that the packages support. */
export function nodes(): readonly { readonly version: string; readonly path: string }[] {
  const own = machineProgram('node')
  return [process.execPath, ...(own === undefined ? [] : [own])]
    .map((path) => ({ path, version: run({ cwd: root }, path, '--version').trim() }))
    .filter(({ version }, index, all) => all.findIndex((other) => other.version === version) === index)
    .filter(({ version }) => {
      const [major = 0, minor = 0] = version.slice(1).split('.').map(Number)
      return major > 20 || (major === 20 && minor >= 19)
    })
}
