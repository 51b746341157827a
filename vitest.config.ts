import { fileURLToPath } from 'node:url'
import { defineConfig, type ViteUserConfig } from 'vitest/config'
import { missingSuites } from './packages/conformance/scripts/suites.ts'
import tsconfig from './tsconfig.base.json' with { type: 'json' }

/** Packages are tested from their sources: the same table that the type check uses. */
const alias = Object.entries(tsconfig.compilerOptions.paths).map(([name, files]) => ({
  find: new RegExp(`^${name}$`),
  replacement: fileURLToPath(new URL(String(files[0]), import.meta.url)),
}))

const config: ViteUserConfig = defineConfig({
  resolve: { alias },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts'],
    exclude: ['**/node_modules/**', ...missingSuites().map((suite) => suite.files)],
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
