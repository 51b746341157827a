import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { refusal, runServer, startServer } from './support/server.ts'
import { describePersistentStore } from './support/store-cases.ts'

const folder = mkdtempSync(join(tmpdir(), 'servers-lmdb-'))
afterAll(() => rmSync(folder, { recursive: true }))
let count = 0

/** A folder that is not there yet. */
function newFolder(): string {
  return join(folder, `data-${count++}`)
}

describePersistentStore('LMDB', async () => `lmdb:${newFolder()}`)

it('K003a A061 refuses a folder that cannot be used by the name of the variable, with exit code 78', async () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  const line = await refusal(startServer('discord-express', { MCP_AUTH_STORE: `lmdb:${file}` }))
  expect(line).toMatch(/^configuration error: MCP_AUTH_STORE: is not a folder/)
})

it('creates the folder for the owner of the process only, and is ready when it is open', async () => {
  const data = newFolder()
  const server = await runServer('discord-express', { MCP_AUTH_STORE: `lmdb:${data}` })
  expect(statSync(data).mode & 0o777).toBe(0o700)
  expect((await fetch(`${server.origin}/readyz`)).status).toBe(200)
  server.kill('SIGTERM')
  expect(await server.exit).toEqual({ code: 0, signal: null })
})
