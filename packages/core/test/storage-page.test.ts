import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { recordVersion } from '../src/proxy/records.ts'
import { storeKinds } from '../src/store.ts'

const page = await readFile(new URL('../STORAGE.md', import.meta.url), 'utf8')

it('STORAGE.md has one row for each kind of key', () => {
  const rows = [...page.matchAll(/^\| `(\w+):` /gm)].map(([, kind]) => kind)
  expect(rows).toEqual([...storeKinds])
})

it('STORAGE.md names the version of records', () => {
  expect(page).toContain(`Records carry \`version\` (${recordVersion})`)
})
