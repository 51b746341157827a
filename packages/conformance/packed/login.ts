/** A login in a user's project, with nothing but what was packed. @module */

import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './command.ts'

/** Throws unless a client logs in to a server made of the installed packages. */
export function checkLogin(folder: string, node: string): void {
  copyFileSync(join(import.meta.dirname, 'consumer', 'login.mjs'), join(folder, 'login.mjs'))
  run({ cwd: folder, asUser: true }, node, 'login.mjs')
}
