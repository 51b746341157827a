import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openLog, readLines, readTexts, temporaryPath } from './support/audit-file.ts'

const events = (path: string): unknown[] => readLines(path).map(({ event }) => event)

describe('a log that is rotated', () => {
  it('goes on in a new file when the old one was moved away', () => {
    const path = temporaryPath()
    const { log, problems } = openLog({ path })
    log.write({ event: 'one' })
    renameSync(path, `${path}.1`)
    log.write({ event: 'two' })
    log.write({ event: 'three' })
    expect(events(`${path}.1`)).toEqual(['one'])
    expect(events(path)).toEqual(['two', 'three'])
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(problems).toEqual([])
  })

  it('goes on in the file that logrotate made, and makes it its own only', () => {
    const path = temporaryPath()
    const { log } = openLog({ path })
    log.write({ event: 'one' })
    renameSync(path, `${path}.1`)
    writeFileSync(path, '', { mode: 0o644 })
    log.write({ event: 'two' })
    expect(events(path)).toEqual(['two'])
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('goes on in a new file when the old one was removed', () => {
    const path = temporaryPath()
    const { log } = openLog({ path })
    for (const event of ['one', 'two', 'three']) {
      log.write({ event })
      expect(events(path)).toEqual([event])
      rmSync(path)
    }
  })

  it.each([
    [0, ['two', 'three']],
    [10, ['two', 'three']],
  ])('goes on where it was cut off after %i bytes, without a gap of zeros', (size, expected) => {
    const path = temporaryPath()
    const { log } = openLog({ path })
    log.write({ event: 'one' })
    truncateSync(path, size)
    log.write({ event: 'two' })
    log.write({ event: 'three' })
    const texts = readTexts(path)
    expect(texts.join('')).not.toContain('\0')
    expect(texts.slice(-2).map((text) => /"event":"(\w+)"/.exec(text)?.[1])).toEqual(expected)
  })

  it.skipIf(!existsSync('/proc/self/fd'))('closes the files that it leaves', () => {
    const path = temporaryPath()
    const { log } = openLog({ path })
    const open = (): number => readdirSync('/proc/self/fd').length
    const before = open()
    for (let count = 0; count < 200; count += 1) {
      log.write({ event: 'one' })
      rmSync(path)
    }
    expect(open()).toBe(before)
  })
})

describe('a log that cannot be written', () => {
  it('throws nothing, says so once, goes on when it can, and says how many lines are lost', () => {
    const path = temporaryPath('folder/audit.log')
    mkdirSync(dirname(path))
    const { log, problems } = openLog({ path })
    log.write({ event: 'one' })
    rmSync(dirname(path), { recursive: true })
    for (const event of ['lost', 'lost too', 'also lost']) log.write({ event })
    expect(problems).toEqual([{ code: 'ENOENT', message: 'the audit log cannot be written: ENOENT' }])
    mkdirSync(dirname(path))
    log.write({ event: 'two' })
    log.write({ event: 'three' })
    expect(readLines(path)).toMatchObject([
      { event: 'audit_log.lines_lost', lines: 3 },
      { event: 'two' },
      { event: 'three' },
    ])
    expect(problems).toHaveLength(1)
    rmSync(dirname(path), { recursive: true })
    log.write({ event: 'lost again' })
    expect(problems).toHaveLength(2)
  })

  it.skipIf(!existsSync('/dev/full'))('survives a full disk, and recovers', () => {
    const path = temporaryPath()
    symlinkSync('/dev/full', path)
    const { log, problems } = openLog({ path })
    log.write({ event: 'lost' })
    log.write({ event: 'lost too' })
    expect(problems.map(({ code }) => code)).toEqual(['ENOSPC'])
    rmSync(path)
    log.write({ event: 'one' })
    expect(readLines(path)).toMatchObject([{ event: 'audit_log.lines_lost', lines: 2 }, { event: 'one' }])
  })

  it('survives a listener for trouble that throws', () => {
    const path = temporaryPath()
    const onError = (): void => {
      throw new Error('trouble')
    }
    const { log } = openLog({ path, onError })
    log.close()
    expect(() => log.write({ event: 'late' })).not.toThrow()
  })
})
