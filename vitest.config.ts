import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig, type TestProjectInlineConfiguration, type ViteUserConfig } from 'vitest/config'
import { hosts } from './packages/conformance/checks/table.ts'
import { missingSuites } from './packages/conformance/scripts/suites.ts'
import tsconfig from './tsconfig.base.json' with { type: 'json' }

/** Packages are tested from their sources: the same table that the type check uses. */
const alias = Object.entries(tsconfig.compilerOptions.paths).map(([name, files]) => ({
  find: new RegExp(`^${name}$`),
  replacement: fileURLToPath(new URL(String(files[0]), import.meta.url)),
}))

const allTests = ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts']
/** Tests of a running server, which run on every host when a whole run is asked for, and on Express otherwise. */
const serverTests = ['packages/conformance/test/*.test.ts']
/** Tests that judge how soon everything works again: nothing else runs beside them. */
const timedTests = ['packages/conformance/test/faults/*.test.ts']
const exclude = ['**/node_modules/**', ...missingSuites().map((suite) => suite.files)]
const isWhole = process.env['MCP_AUTH_TEST_HOSTS'] === 'all'

const projects: TestProjectInlineConfiguration[] = [
  { extends: true, test: { name: 'parts', include: allTests, exclude: [...exclude, ...serverTests, ...timedTests] } },
  {
    extends: true,
    test: { name: 'timed', include: timedTests, exclude, sequence: { groupOrder: 1 }, fileParallelism: false },
  },
  ...hosts
    .filter((host) => isWhole || host === 'express')
    .map((host) => ({
      extends: true as const,
      test: { name: host, include: serverTests, exclude, env: { MCP_AUTH_TEST_HOST: host } },
    })),
]

const config: ViteUserConfig = defineConfig({
  resolve: { alias },
  test: {
    exclude,
    projects,
    // Many tests wait for servers: one worker on a machine with two cores would leave one of them idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Nets for what hangs, with room for a machine many times slower than ours: no test asserts anything by them.
    testTimeout: 20_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
    allowOnly: false,
    restoreMocks: true,
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      reporter: ['text', 'json-summary'],
    },
  },
})

export default config
