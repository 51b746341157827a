import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { verifyAuditLog } from '../../src/node/verify-audit-log.ts'
import { openLog, readLines, readTexts, temporaryPath } from './support/audit-file.ts'

const program = fileURLToPath(new URL('./support/audit-process.ts', import.meta.url))

type Child = ChildProcessByStdio<null, Readable, Readable>

function start(path: string, lines: number, chain: 'chain' | 'plain', ...rest: readonly string[]): Child {
  return spawn(process.execPath, [program, path, String(lines), chain, ...rest], { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** What a process says at its end: the problems it had. */
async function finish(child: Child): Promise<string[]> {
  let output = ''
  child.stdout.on('data', (part) => {
    output += String(part)
  })
  const [code] = await once(child, 'close')
  expect(code).toBe(0)
  return JSON.parse(output) as string[]
}

it.each(['plain', 'chain'] as const)(
  'keeps the lines of four processes apart, and each in order, while one of them rotates the file (%s)',
  async (chain) => {
    const path = temporaryPath()
    const children = ['a', 'b', 'c'].map((name) => start(path, 300, chain, name))
    const rotating = start(path, 300, chain, 'd', 'rotates')
    expect(await Promise.all([...children, rotating].map(finish))).toEqual([[], [], [], []])

    const files = [`${path}.100`, `${path}.200`, path]
    const lines = files.flatMap(readLines)
    expect(lines).toHaveLength(1200)
    for (const name of ['a', 'b', 'c', 'd']) {
      const own = lines.filter(({ subject }) => subject === name)
      expect(own.map(({ index }) => index)).toEqual(Array.from({ length: 300 }, (_, index) => index))
    }
    if (chain === 'plain') return
    for (const file of files) expect(await verifyAuditLog(file)).toMatchObject({ intact: true, unfinished: [] })
  },
  60_000,
)

it('does not end with the reader of its standard error', async () => {
  const child = start('-', 200, 'plain', 'a')
  child.stderr.destroy()
  expect(await finish(child)).toEqual(['EPIPE'])
})

it('goes on after a line that the disk had only room for a part of', async () => {
  const path = temporaryPath()
  const command = `trap '' XFSZ; ulimit -f 4; exec "$0" "$@"`
  const child = spawn('bash', ['-c', command, process.execPath, program, path, '8', 'chain', 'a'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  expect(await finish(child)).toHaveLength(1)
  const written = await verifyAuditLog(path)
  expect(written).toMatchObject({ intact: true, unfinished: [written.chained + 1] })

  const { log, problems } = openLog({ path, hashChain: true })
  log.write({ event: 'after' })
  expect(problems).toEqual([])
  expect(await verifyAuditLog(path)).toMatchObject({ intact: true, chained: written.chained + 1 })
  expect(JSON.parse(readTexts(path).at(-1) ?? '')).toMatchObject({ event: 'after' })
})
