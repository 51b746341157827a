/** Where programs are found: this repository's tools, and the machine's own. @module */

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { root } from './root.ts'

const folders = (process.env['PATH'] ?? '').split(delimiter)

/** The folders of `PATH` that hold the machine's own programs, not those of an npm project. */
export const machineFolders: readonly string[] = folders.filter((folder) => !folder.includes('node_modules'))

/** The environment in which this repository's tools are found first. */
export const toolsEnv: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: [join(root, 'node_modules', '.bin'), ...folders].join(delimiter),
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The machine's own program of the first of these names that it has. */
export function machineProgram(...names: readonly string[]): string | undefined {
  return names.flatMap((name) => machineFolders.map((folder) => join(folder, name))).find(isExecutable)
}
