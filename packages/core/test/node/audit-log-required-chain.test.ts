import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { verifyAuditLog } from '../../src/node/verify-audit-log.ts'
import { openLog, readTexts, temporaryPath } from './support/audit-file.ts'

function chainedLog(...events: readonly string[]): string {
  const path = temporaryPath()
  const { log } = openLog({ path, hashChain: true })
  for (const event of events) log.write({ event })
  return path
}

describe('a log that must have a chain', () => {
  const requireChain = true

  it('is intact with one, also where lines without came before it', async () => {
    const path = temporaryPath()
    openLog({ path }).log.write({ event: 'before the chain' })
    const { log } = openLog({ path, hashChain: true })
    for (const event of ['one', 'two']) log.write({ event })
    expect(await verifyAuditLog(path, { requireChain })).toMatchObject({ intact: true, unchained: 1, chained: 2 })
  })

  it('is not intact when every chain value was taken away', async () => {
    const texts = readTexts(chainedLog('one', 'two', 'three'))
    const stripped = texts.map((text) => text.replace(/,"chain":"\w+"/, ''))
    expect(await verifyAuditLog(stripped)).toMatchObject({ intact: true, chained: 0, unchained: 3 })
    expect(await verifyAuditLog(stripped, { requireChain })).toMatchObject({
      intact: false,
      line: 1,
      fault: 'unchained',
    })
  })

  it('is not intact when its line ends were converted', async () => {
    const path = chainedLog('one', 'two', 'three')
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('\n', '\r\n'))
    expect(await verifyAuditLog(path, { requireChain })).toMatchObject({ intact: false, line: 1, fault: 'unchained' })
  })

  it.each([
    ['was emptied', []],
    ['was overwritten', ['garbage', 'garbage']],
  ])('is not intact when it %s', async (_name, lines) => {
    expect(await verifyAuditLog(lines, { requireChain })).toMatchObject({ intact: false, line: 1, fault: 'unchained' })
  })

  it('tells the first fault of a chain as it does otherwise', async () => {
    const texts = readTexts(chainedLog('one', 'two', 'three'))
    const fault = { intact: false, line: 2, fault: 'unchained' }
    expect(await verifyAuditLog(texts.with(1, '{"event":"forged"}'), { requireChain })).toMatchObject(fault)
  })
})
