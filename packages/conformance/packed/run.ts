/** Checks the packages as a user gets them. Expects them to be built. @module */

import { closingLine } from '../scripts/tally.ts'
import { checkPackages } from './check.ts'

const tally = await checkPackages()
console.log(`\n${closingLine(tally)}`)
process.exitCode = tally.failed === 0 ? 0 : 1
