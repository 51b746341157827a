/** Runs the official conformance suite, bounded in time, and reads what it found. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type WalkOptions, walk } from '../clients/person.ts'
import { send } from '../support/browser.ts'

const program = fileURLToPath(import.meta.resolve('@modelcontextprotocol/conformance/dist/index.js'))

/** A run takes a second; a suite that waits for a person would wait for five minutes. */
export const limitMilliseconds = 60_000

/** One check of the suite. */
export interface Check {
  readonly id: string
  readonly status: string
  readonly errorMessage?: string
}

/** What a run came to. */
export interface SuiteResult {
  readonly code: number | null
  readonly checks: readonly Check[]
}

/** Runs a command of the suite. `watch` sees all output so far, each time there is more, until it starts something. */
export async function runSuite(
  options: readonly string[],
  watch: (output: string) => Promise<void> | undefined = () => undefined,
): Promise<SuiteResult> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-auth-official-'))
  const child = spawn(process.execPath, [program, ...options, '-o', folder], {
    cwd: folder,
    timeout: limitMilliseconds - 5000,
    killSignal: 'SIGKILL',
  })
  let output = ''
  let started: Promise<void> | undefined
  const read = (chunk: Buffer): void => {
    output += chunk.toString()
    // Without what was started the suite would wait in vain.
    started ??= watch(output)?.catch((error: unknown) => {
      output += `\n${String(error)}`
      child.kill('SIGKILL')
    })
  }
  child.stdout.on('data', read)
  child.stderr.on('data', read)
  try {
    await once(child, 'close')
    await started
    const files = globSync('**/checks.json', { cwd: folder })
    const checks = files.flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Check[])
    if (checks.length === 0) throw new Error(`the suite checked nothing: ${output}`)
    return { code: child.exitCode, checks }
  } finally {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  }
}

/** Signs in at the URL that the suite prints for a person, and calls the suite back. */
export function signInAt(
  authorizationEndpoint: string,
  elsewhere?: WalkOptions['elsewhere'],
): (output: string) => Promise<void> | undefined {
  return (output) => {
    const printed = output.split(/\s/).find((word) => word.startsWith(`${authorizationEndpoint}?`))
    return printed === undefined || output.endsWith(printed) ? undefined : signIn(new URL(printed), elsewhere)
  }
}

async function signIn(url: URL, elsewhere: WalkOptions['elsewhere']): Promise<void> {
  const redirectURI = url.searchParams.get('redirect_uri') ?? ''
  const callback = await walk(url, redirectURI, elsewhere ? { elsewhere } : {})
  await send(callback.href)
}
