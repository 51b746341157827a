import { describe, expect, it } from 'vitest'
import { type GrantRecord, parseRecord, recordVersion, serializeRecord } from '../../src/proxy/records.ts'
import { newGrant } from '../support/grants.ts'

describe('records', () => {
  it('are read as they were written', () => {
    const grant = newGrant({ identity: { subject: 'u', username: 'N\u00e9lly \u{1f600}', claims: { a: [null, 1] } } })
    expect(parseRecord<GrantRecord>(serializeRecord(grant))).toEqual(grant)
  })

  it.each([
    ['another version', JSON.stringify({ ...newGrant(), version: recordVersion + 1 })],
    ['a version that is text', JSON.stringify({ ...newGrant(), version: String(recordVersion) })],
    ['no version', '{}'],
    ['null', 'null'],
    ['a mark', '1'],
    ['a list', '[]'],
  ])('count as absent with %s', (_name, text) => {
    expect(parseRecord<GrantRecord>(text)).toBeUndefined()
  })
})
