/** Every TypeScript snippet of every README, and of the page on deployment, compiles against the sources. */
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { root } from '../../scripts/root.ts'

const folder = join(root, 'packages', 'conformance', '.snippets')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The snippets of a document, with the line each begins at. */
function snippetsOf(document: string): { line: number; code: string }[] {
  return [...document.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => ({
    line: document.slice(0, match.index).split('\n').length,
    code: match[1] ?? '',
  }))
}

it('finds the usage of the README', () => {
  expect(snippetsOf(readFileSync(join(root, 'README.md'), 'utf8')).length).toBeGreaterThanOrEqual(2)
})

it('compiles every snippet of every README', () => {
  mkdirSync(folder, { recursive: true })
  const documents = globSync(['README.md', '{packages,examples}/*/{README,DEPLOYMENT}.md'], { cwd: root })
  for (const document of documents) {
    for (const { line, code } of snippetsOf(readFileSync(join(root, document), 'utf8'))) {
      const name = document.replaceAll(/[^a-zA-Z]+/g, '-').toLowerCase()
      writeFileSync(join(folder, `${name}-line-${line}.ts`), `${code}\nexport {}\n`)
    }
  }
  const compilerOptions = { noEmit: true, types: ['node'], isolatedDeclarations: false, declaration: false }
  const config = { extends: '../../../tsconfig.base.json', compilerOptions, include: ['*.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', folder], { encoding: 'utf8' })
  expect(tsc.stdout).toBe('')
  expect(tsc.status).toBe(0)
}, 60_000)
