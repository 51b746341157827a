import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { describeRestart, describeTurns } from './fleet-cases.ts'

const folder = mkdtempSync(join(tmpdir(), 'fleet-'))
afterAll(() => rmSync(folder, { recursive: true }))
let count = 0

const open = async (): Promise<string> => `lmdb:${join(folder, `data-${count++}`)}`

describeRestart('LMDB', open)
describeTurns('LMDB', open)
