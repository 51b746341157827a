/** Another process that writes to an audit log: `path`, how many lines, whether they are chained, its name, whether it rotates. @module */
import { renameSync } from 'node:fs'
import { openAuditLog } from '../../../src/node/audit-log.ts'

const [path = '', lines = '0', hashChain, name = '', rotates] = process.argv.slice(2)
const problems: string[] = []
const log = openAuditLog({ path, hashChain: hashChain === 'chain', onError: ({ code }) => problems.push(code) })
for (let index = 0; index < Number(lines); index += 1) {
  if (rotates && index > 0 && index % 100 === 0) renameSync(path, `${path}.${index}`)
  log.write({ event: 'own', subject: name, details: { index, text: 'x'.repeat((index * 397) % 12_000) } })
  // Lets what is reported later arrive, and the others have their turn.
  await new Promise((resolve) => setImmediate(resolve))
}
log.close()
process.stdout.write(JSON.stringify(problems))
