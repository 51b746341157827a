import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')

it('shows the test in the README as it is', () => {
  expect(read('../README.md')).toContain(`\`\`\`typescript\n${read('acme.test.ts')}\`\`\``)
})

it('has a provider as short as the README says', () => {
  const lines = read('../src/acme.ts').trimEnd().split('\n').length
  expect(read('../README.md')).toContain(`${lines} lines`)
  expect(lines).toBeLessThan(60)
})
