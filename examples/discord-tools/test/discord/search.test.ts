import { expect, it } from 'vitest'
import { answer, json } from './support/answers.ts'
import { createStand, inTurn, type Stand } from './support/bots.ts'

const query = { content: 'words', limit: 25, offset: 0 }

const search = async (stand: Stand) => await stand.bot().searchGuildMessages('197038439483310086', query, stand.signal)
const indexing = (retryAfter: unknown): Response =>
  json(
    {
      message: 'Index not yet available. Try again later',
      code: 110_000,
      documents_indexed: 0,
      retry_after: retryAfter,
    },
    202,
  )

it('brings what was found', async () => {
  const stand = createStand(() => answer('message.search.200'))
  await expect(search(stand)).resolves.toMatchObject({
    status: 'found',
    found: { total_results: 1, messages: [[{ content: 'found me' }]] },
  })
})

it('waits for the index as long as Discord says, and searches once more', async () => {
  const stand = createStand(
    inTurn(
      () => answer('message.search.202'),
      () => answer('message.search.200'),
    ),
  )
  const started = stand.clock.now()
  await expect(search(stand)).resolves.toMatchObject({ status: 'found' })
  expect(stand.received.map(({ at }) => at - started)).toEqual([0, 2])
})

it('waits once and no more', async () => {
  const stand = createStand(
    inTurn(
      () => indexing(2),
      () => indexing(7.2),
    ),
  )
  await expect(search(stand)).resolves.toEqual({ status: 'indexing', retryAfterSeconds: 8 })
  expect(stand.received).toHaveLength(2)
})

it('does not wait at all when that would be too long', async () => {
  const stand = createStand(() => indexing(11))
  await expect(search(stand)).resolves.toEqual({ status: 'indexing', retryAfterSeconds: 11 })
  expect(stand.received).toHaveLength(1)
})

it.each([0, -1, null, 'soon', undefined])('waits a moment when Discord names the delay %j', async (delay) => {
  const stand = createStand(() => indexing(delay))
  const started = stand.clock.now()
  await expect(search(stand)).resolves.toEqual({ status: 'indexing', retryAfterSeconds: 1 })
  expect(stand.received.map(({ at }) => at - started)).toEqual([0, 1])
})

it('ends with the call while it waits', async () => {
  const controller = new AbortController()
  const stand = createStand(() => {
    queueMicrotask(() => controller.abort())
    return indexing(5)
  })
  const searched = stand.bot().searchGuildMessages('1', query, controller.signal)
  await expect(searched).rejects.toMatchObject({ code: 'cancelled' })
  expect(stand.received).toHaveLength(1)
})
