import { describe, expect, it } from 'vitest'
import type { AuthEvent } from '../../src/events.ts'
import { createStoreReports, type StoreReports } from '../../src/stores/store-reports.ts'
import { type Clock, createClock } from '../support/clock.ts'

function createDesk(): { clock: Clock; events: AuthEvent[]; reports: StoreReports } {
  const clock = createClock()
  const events: AuthEvent[] = []
  return { clock, events, reports: createStoreReports((event) => events.push(event), clock.now) }
}

describe('reports of a store', () => {
  it('tell each cause once a minute', () => {
    const { clock, events, reports } = createDesk()
    for (let n = 0; n < 10; n += 1) {
      reports.unreadable(`grant:${n}`, { reason: 'key_unknown', keyId: 'a' })
      reports.unreadable(`grant:${n}`, { reason: 'key_unknown', keyId: 'b' })
      reports.unreadable(`subject:${n}`, { reason: 'version_unknown' })
      reports.full(`transaction:${n}`)
    }
    const time = clock.now() * 1000
    expect(events).toEqual([
      { type: 'record.unreadable', kind: 'grant', reason: 'key_unknown', keyId: 'a', time },
      { type: 'record.unreadable', kind: 'grant', reason: 'key_unknown', keyId: 'b', time },
      { type: 'record.unreadable', kind: 'subject', reason: 'version_unknown', time },
      { type: 'store.full', kind: 'transaction', time },
    ])
    clock.advance(60)
    reports.full('transaction:a')
    expect(events).toHaveLength(5)
  })

  it('are no flood, however many causes somebody makes up', () => {
    const { events, reports } = createDesk()
    for (let n = 0; n < 1000; n += 1) reports.unreadable('grant:a', { reason: 'key_unknown', keyId: String(n) })
    expect(events).toHaveLength(20)
  })

  it('go on when the clock is put back', () => {
    const { clock, events, reports } = createDesk()
    reports.full('grant:a')
    clock.advance(-3600)
    reports.full('grant:a')
    expect(events).toHaveLength(2)
  })
})
