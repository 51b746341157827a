/** Test suites that need more than Node, and how to get what they need. @module */

import { globSync } from 'node:fs'
import { isExecutable, machineProgram } from './programs.ts'
import { root } from './root.ts'

export interface Suite {
  readonly name: string
  /** Glob of the suite's test files, from the root. */
  readonly files: string
  /** How to get what the suite needs. */
  readonly cure: string
  available(): boolean
}

/** The Chromium of this machine, or `CHROMIUM_PATH` where that is set. */
export function chromiumPath(): string | undefined {
  const given = process.env['CHROMIUM_PATH']
  if (given) return isExecutable(given) ? given : undefined
  return machineProgram('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
}

const suites: readonly Suite[] = [
  {
    name: 'browser',
    files: '{packages,examples}/*/test/**/*.browser.test.ts',
    cure: 'apt-get install -y --no-install-recommends chromium (or set CHROMIUM_PATH)',
    available: () => chromiumPath() !== undefined,
  },
  {
    name: 'TLS',
    // They make a certificate authority of their own.
    files:
      'packages/{core/test/node-public-fetch*,conformance/test/{client-assertion-keys,client-documents*,profiles,registration-policy}}.test.ts',
    cure: 'apt-get install -y --no-install-recommends openssl',
    available: () => machineProgram('openssl') !== undefined,
  },
  {
    name: 'Redis',
    files: '{packages,examples}/*/test/**/*.redis.test.ts',
    cure: 'apt-get install -y --no-install-recommends redis-server',
    available: () => machineProgram('redis-server') !== undefined,
  },
]

/** The suites that have tests which this machine cannot run. */
export function missingSuites(): readonly Suite[] {
  return suites.filter((suite) => globSync(suite.files, { cwd: root }).length > 0 && !suite.available())
}
